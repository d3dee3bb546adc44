package io.varve.tier;

import java.util.random.RandomGenerator;
import org.apache.kafka.common.utils.Time;

/**
 * Makes names never used before (rule 7): 48 bits of time and 80 random bits as 26 characters that sort by time, behind two random
 * hex digits. Those digits spread requests over 256 prefixes, since S3's request limits are per prefix and a time-ordered one
 * would send everything to the newest; the sweeper lists them all anyway. Thread-safe when its random generator is.
 */
public final class ObjectNames {
    public static final String DATA = "data/";
    public static final String MANIFEST = "manifest/";
    static final String SWEEP = "sweep/";

    private static final String ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
    private static final int TIME_CHARS = 10;
    private static final int RANDOM_CHARS = 16;

    private final Time time;
    private final RandomGenerator random;

    /** @param random unpredictable in production ({@link java.security.SecureRandom}), seeded in a simulation */
    public ObjectNames(Time time, RandomGenerator random) {
        this.time = time;
        this.random = random;
    }

    public String data() {
        return next(DATA);
    }

    public String manifest() {
        return next(MANIFEST);
    }

    String sweep() {
        return next(SWEEP);
    }

    private String next(String prefix) {
        var name = new StringBuilder(prefix.length() + 3 + TIME_CHARS + RANDOM_CHARS).append(prefix);
        int spread = random.nextInt(256);
        name.append(Character.forDigit(spread >> 4, 16))
                .append(Character.forDigit(spread & 15, 16))
                .append('/');
        long millis = time.milliseconds();
        for (int i = TIME_CHARS - 1; i >= 0; i--) {
            name.append(ALPHABET.charAt((int) (millis >>> (i * 5)) & 31));
        }
        for (int i = 0; i < RANDOM_CHARS; i++) {
            name.append(ALPHABET.charAt(random.nextInt(32)));
        }
        return name.toString();
    }
}
