package io.varve.simulation;

import java.security.SecureRandom;
import java.security.SecureRandomSpi;
import java.util.Random;

/** Numbers from the seed where the code wants them unpredictable. */
final class SimSecureRandom extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private static final class Spi extends SecureRandomSpi {
        private static final long serialVersionUID = 1L;
        private final Random random;

        Spi(Random random) {
            this.random = random;
        }

        @Override
        protected void engineSetSeed(byte[] seed) {}

        @Override
        protected void engineNextBytes(byte[] bytes) {
            random.nextBytes(bytes);
        }

        @Override
        protected byte[] engineGenerateSeed(int numBytes) {
            byte[] bytes = new byte[numBytes];
            random.nextBytes(bytes);
            return bytes;
        }
    }

    SimSecureRandom(Random random) {
        super(new Spi(random), null);
    }
}
