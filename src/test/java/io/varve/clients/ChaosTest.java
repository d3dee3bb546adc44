package io.varve.clients;

import io.varve.testkit.VarveProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults in an order that a seed decides, on three real brokers with three copies of everything, under load: what was acknowledged is there once
 * and in its order at the end, whatever happened. {@code -Dvarve.chaos.faults} and {@code -Dvarve.chaos.seed} make it longer, or the same again.
 */
@Tag("process")
class ChaosTest {
    private static final Logger LOG = Logger.getLogger(ChaosTest.class);
    private static final int PARTITIONS = 6;
    private static final int FAULTS = Integer.getInteger("varve.chaos.faults", 8);
    private static final long SEED = Long.getLong("varve.chaos.seed", System.nanoTime());

    @TempDir
    Path folder;

    private final Random random = new Random(SEED);

    /** What can happen. Each ends with everything running again. */
    private enum Fault {
        KILL,
        KILL_TWO,
        SLEEP,
        STOP,
        ETCD_SILENT,
        OBJECT_STORE_SILENT,
        KILL_WHILE_ETCD_IS_SILENT
    }

    @Test
    void nothingAcknowledgedIsLostOrDoubledWhateverHappens() throws Exception {
        try (ThreeBrokers three = ThreeBrokers.start(folder)) {
            try (Admin admin = Clients.admin(three)) {
                NewTopic wanted = new NewTopic("chaos", Optional.of(PARTITIONS), Optional.of((short) 3))
                        .configs(Map.of("min.insync.replicas", "2", "segment.bytes", "1048576"));
                Clients.get(admin.createTopics(List.of(wanted)).all());
            }
            try (NumberedLoad load = new NumberedLoad(three, "chaos", PARTITIONS)) {
                load.awaitProgress();
                for (int count = 1; count <= FAULTS; count++) {
                    Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
                    LOG.infof("fault. number=%d of=%d kind=%s seed=%d", count, FAULTS, fault, SEED);
                    strike(three, fault);
                    load.awaitProgress();
                }
                load.endAndCheck();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + SEED, e);
            }
        }
    }

    private void strike(ThreeBrokers three, Fault fault) throws InterruptedException {
        List<VarveProcess> brokers = new ArrayList<>(List.of(three.first().broker(), three.second(), three.third()));
        VarveProcess one = brokers.remove(random.nextInt(brokers.size()));
        VarveProcess another = brokers.get(random.nextInt(brokers.size()));
        switch (fault) {
            case KILL -> {
                one.kill9();
                pass(3_000);
                one.restart();
            }
            case KILL_TWO -> {
                one.kill9();
                pass(500);
                another.kill9();
                pass(2_000);
                one.launch();
                another.launch();
                one.awaitReady();
                another.awaitReady();
            }
            case SLEEP -> {
                one.pause();
                pass(8_000);
                one.resume();
            }
            case STOP -> {
                int _ = one.terminate();
                one.restart();
            }
            case ETCD_SILENT -> {
                three.first().etcd().pause();
                pass(6_000);
                three.first().etcd().resume();
            }
            case OBJECT_STORE_SILENT -> {
                three.first().objectStore().pause();
                pass(6_000);
                three.first().objectStore().resume();
            }
            case KILL_WHILE_ETCD_IS_SILENT -> {
                three.first().etcd().pause();
                pass(500);
                one.kill9();
                pass(2_000);
                three.first().etcd().resume();
                one.restart();
            }
        }
    }

    private void pass(int mostMillis) throws InterruptedException {
        Thread.sleep(random.nextInt(mostMillis));
    }
}
