package io.varve.chaos;

import io.varve.chaos.FaultKind.Place;
import io.varve.testkit.SmallDisk;
import io.varve.testkit.TcpProxy;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Strikes the faults of a schedule, up to {@link #MOST_AT_A_TIME} at a time: the next one begins when its gap is over and what it strikes is not
 * struck by another. The thread of {@link #strike} gives the order, each fault has a thread of its own.
 */
final class Striker {
    private static final Logger LOG = Logger.getLogger(Striker.class);
    private static final int MOST_AT_A_TIME = 4;

    private record Target(Place place, int number) {}

    private final ChaosCluster cluster;
    private final Violations violations;
    private final Set<Target> busy = new HashSet<>();
    private final Map<FaultKind, Integer> struck = new EnumMap<>(FaultKind.class);
    private int running;
    private int overlapping;

    Striker(ChaosCluster cluster, Violations violations) {
        this.cluster = cluster;
        this.violations = violations;
    }

    /** Waits for the fault's turn and strikes; its end is not waited for. */
    void strike(Fault fault) throws InterruptedException {
        Thread.sleep(fault.gapMillis());
        List<Target> targets = begin(fault);
        LOG.infof("fault. %s", fault);
        Thread.ofPlatform().name("fault-" + fault.number()).start(() -> {
            try {
                run(fault);
                LOG.infof("fault is over. number=%d", fault.number());
            } catch (RuntimeException | AssertionError e) {
                violations.add("fault " + fault + " did not end well: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                end(targets);
            }
        });
    }

    private synchronized List<Target> begin(Fault fault) throws InterruptedException {
        List<Target> targets = new ArrayList<>();
        fault.targets().forEach(number -> targets.add(new Target(fault.kind().place(), number)));
        while (running == MOST_AT_A_TIME || targets.stream().anyMatch(busy::contains)) {
            wait();
        }
        busy.addAll(targets);
        running++;
        if (running > 1) {
            overlapping++;
        }
        struck.merge(fault.kind(), 1, Integer::sum);
        return targets;
    }

    private synchronized void end(List<Target> targets) {
        targets.forEach(busy::remove);
        running--;
        notifyAll();
    }

    /** Waits until all faults are over. */
    synchronized void awaitAll() throws InterruptedException {
        while (running > 0) {
            wait();
        }
    }

    /** How many were struck, of which kinds, and how many while another was on. */
    synchronized String figures() {
        return "faults=" + struck.values().stream().mapToInt(Integer::intValue).sum() + " overlapping=" + overlapping
                + " kinds=" + struck;
    }

    private void run(Fault fault) throws InterruptedException {
        switch (fault.kind()) {
            case KILL, KILL_TWO, KILL_ALL -> {
                brokers(fault).forEach(Striker::expectAlive);
                brokers(fault).forEach(ChaosBroker::kill9);
                pass(fault);
                startAgain(fault);
            }
            case STOP -> {
                brokers(fault).forEach(Striker::expectAlive);
                brokers(fault).forEach(ChaosBroker::terminate);
                pass(fault);
                startAgain(fault);
            }
            case PAUSE, PAUSE_TWO -> {
                brokers(fault).forEach(broker -> broker.process().pause());
                pass(fault);
                brokers(fault).forEach(broker -> broker.process().resume());
            }
            case CUT_PEERS, CUT_CLIENTS, CUT_ETCD, CUT_OBJECTS -> links(fault).forEach(TcpProxy::cut);
            case HOLD_PEERS, HOLD_CLIENTS, HOLD_ETCD, HOLD_OBJECTS -> {
                links(fault).forEach(link -> link.hold(fault.ways()));
                pass(fault);
                links(fault).forEach(TcpProxy::release);
            }
            case KILL_ETCD, KILL_ETCD_QUORUM -> {
                fault.targets().forEach(cluster.etcd()::kill9);
                pass(fault);
                fault.targets().forEach(cluster.etcd()::launch);
            }
            case PAUSE_ETCD, PAUSE_ETCD_QUORUM -> {
                fault.targets().forEach(cluster.etcd()::pause);
                pass(fault);
                fault.targets().forEach(cluster.etcd()::resume);
            }
            case KILL_OBJECTS -> {
                cluster.objects().kill9();
                pass(fault);
                cluster.objects().restart();
            }
            case PAUSE_OBJECTS -> {
                cluster.objects().pause();
                pass(fault);
                cluster.objects().resume();
            }
            case DISK_SHORT -> {
                brokers(fault).forEach(ChaosBroker::fillDisk);
                pass(fault);
                disks(fault).forEach(SmallDisk::clear);
            }
            case DISK_FULL -> {
                disks(fault).forEach(disk -> disk.fill(0));
                pass(fault);
                disks(fault).forEach(SmallDisk::clear);
            }
        }
    }

    /** Not waited for: the next fault may strike a broker that has just begun to start. */
    private void startAgain(Fault fault) {
        brokers(fault).forEach(ChaosBroker::launch);
    }

    private static void expectAlive(ChaosBroker broker) {
        if (!broker.process().isAlive()) {
            throw new AssertionError(
                    "a broker had ended by itself\n" + broker.process().logTail());
        }
    }

    private List<ChaosBroker> brokers(Fault fault) {
        return fault.targets().stream().map(cluster::broker).toList();
    }

    private List<TcpProxy> links(Fault fault) {
        return brokers(fault).stream()
                .flatMap(broker -> broker.links(fault.kind().place()).stream())
                .toList();
    }

    private List<SmallDisk> disks(Fault fault) {
        return brokers(fault).stream()
                .map(broker -> broker.disk().orElseThrow())
                .toList();
    }

    private static void pass(Fault fault) throws InterruptedException {
        // Nothing is awaited here: this is how long the world stays broken. An interrupt ends it.
        boolean _ = new CountDownLatch(1).await(fault.lengthMillis(), TimeUnit.MILLISECONDS);
    }
}
