package io.varve.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.testkit.Folders;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A short run of {@link Chaos}: faults in an order that a seed decides, on real servers, under load. What was acknowledged is there once and in its
 * order, what was read stays, no offset goes back, and everything recovers (rules 3 to 6). {@code -Dvarve.chaos.faults} and
 * {@code -Dvarve.chaos.seed} make it longer, or the same again.
 */
@Tag("process")
class ChaosTest {
    private static final int FAULTS = Integer.getInteger("varve.chaos.faults", 12);
    private static final long SEED = Long.getLong("varve.chaos.seed", System.nanoTime() & 0xffff_ffffL);

    @Test
    void nothingAcknowledgedIsLostOrDoubledAndNothingReadVanishesWhateverHappens() throws Exception {
        // Given three brokers, etcd, an object store and clients of every kind, whose data stay when something is found
        Options options = new Options(FAULTS, 0, SEED, false);
        Path folder = Folders.project().resolve("target/chaos/test-" + SEED);
        ChaosRun run = new ChaosRun(options, folder);

        // When faults are struck, and then no more
        List<String> found = run.run();

        // Then what the clients were told is true
        assertThat(found).as(() -> Chaos.report(options, run, found, folder)).isEmpty();
        assertThat(run.struck()).hasSize(FAULTS);
    }
}
