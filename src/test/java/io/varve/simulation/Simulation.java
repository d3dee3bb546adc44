package io.varve.simulation;

import io.varve.cluster.PartitionId;
import io.varve.cluster.Topic;
import io.varve.log.Partitions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One run: three brokers, a few partitions, clients; faults from the seed; then none any more, until every partition takes a batch again and can be
 * read from its start to its end. What was done is in {@link #story}.
 */
final class Simulation {
    private static final int BROKERS = 3;
    private static final int CLIENTS_MACHINE = 100;
    private static final Duration RESTART = Duration.ofSeconds(1);
    private static final Duration START_LIMIT = Duration.ofMinutes(1);
    private static final Duration END_LIMIT = Duration.ofMinutes(5);
    private static final int RUNS_A_COLLECTION = 20;

    private static int runs;

    private final int faults;
    private final Simulator simulator;
    private final SimBroker.SimWorld world;
    private final Oracle oracle;
    private final Map<Integer, SimMachine> machines = new TreeMap<>();
    private final Map<Integer, SimBroker> brokers = new TreeMap<>();
    private final Map<PartitionId, History> histories = new LinkedHashMap<>();
    private final List<String> story = new ArrayList<>();
    private final SimClients clients;
    private final SimProcess clientProcess;
    private int running;

    /** What came of a run. */
    record Outcome(long seed, @Nullable AssertionError violation, long trace, int acknowledged, List<String> story) {}

    private Simulation(long seed, int faults) {
        this.faults = faults;
        simulator = new Simulator(seed);
        world = new SimBroker.SimWorld(
                simulator, new SimEtcd(simulator), new SimNetwork(simulator), new SimObjects(simulator));
        oracle = new Oracle(world);
        world.objects().protect(oracle::isNamed);
        for (int id = 1; id <= BROKERS; id++) {
            machines.put(id, new SimMachine(simulator, id));
        }
        clientProcess = new SimProcess(simulator, "clients", CLIENTS_MACHINE, 0);
        clients = new SimClients(
                simulator,
                clientProcess,
                () -> brokers.values().stream()
                        .filter(broker -> !broker.process().isDead())
                        .toList());
    }

    /** Runs {@code seed} with {@code faults} faults. */
    static Outcome run(long seed, int faults) {
        Simulation simulation = new Simulation(seed, faults);
        AssertionError violation = null;
        StoryLog log =
                new StoryLog(simulation.simulator, (process, words) -> simulation.tell("  " + process + ": " + words));
        try {
            simulation.run();
        } catch (AssertionError e) {
            violation = e;
            simulation.tellHowItStands();
        } finally {
            log.close();
            if (runs++ % RUNS_A_COLLECTION == 0) {
                // What a run leaves behind are direct buffers as well, and a thread that finds none left sleeps in real
                // time.
                System.gc();
            }
        }
        return new Outcome(
                seed,
                violation,
                simulation.simulator.trace(),
                simulation.histories.values().stream()
                        .mapToInt(History::acknowledgements)
                        .sum(),
                simulation.story);
    }

    private void run() {
        for (int id = 1; id <= BROKERS; id++) {
            start(id);
        }
        simulator.runUntil(
                "all brokers have started",
                START_LIMIT,
                () -> brokers.values().stream().allMatch(broker -> broker.partitions() != null));
        create("three", 3, Map.of("segment.ms", "4000"));
        create("two", 2, Map.of("min.insync.replicas", "2"));
        create("one", 1, Map.of("segment.ms", "4000"));
        int producer = 1;
        for (Map.Entry<PartitionId, History> each : histories.entrySet()) {
            for (int i = 0; i < 2; i++) {
                running++;
                clients.produce(each.getKey(), each.getValue(), producer++, () -> running--);
            }
            clients.consume(each.getKey(), each.getValue());
            clients.consumeAnywhere(each.getKey(), each.getValue());
        }
        simulator.runFor(Duration.ofMillis(500));
        new Faults(simulator, this, world).run(faults);
        tell("no more faults");
        heal();
        simulator.runFor(Duration.ofSeconds(5));
        clients.stop();
        simulator.runUntil("all that was sent is acknowledged", END_LIMIT, () -> running == 0);
        histories.forEach((id, history) -> {
            running++;
            clients.readAll(id, history, () -> running--);
        });
        simulator.runUntil("all can be read", END_LIMIT, () -> running == 0);
        checkObjects();
    }

    private void create(String name, int replicas, Map<String, String> configs) {
        SimBroker broker = brokers.get(1);
        List<Topic> created = new ArrayList<>();
        List<Integer> ids = List.of(1, 2, 3);
        int first = simulator.random().nextInt(BROKERS);
        List<Integer> assigned = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
            assigned.add(ids.get((first + i) % BROKERS));
        }
        broker.process()
                .blocking()
                .execute(() ->
                        created.add(broker.topics().create(name, 1, (short) replicas, configs, List.of(assigned))));
        simulator.runUntil("topic " + name + " is there", START_LIMIT, () -> !created.isEmpty());
        PartitionId id = new PartitionId(created.getFirst().id(), 0);
        histories.put(id, new History(name + "-0"));
    }

    /** For whoever reads why a run has failed. */
    private void tellHowItStands() {
        histories.forEach((id, history) -> tell("record of " + history.partition() + ": " + oracle.record(id)));
        living().forEach(broker -> {
            Partitions served = broker.partitions();
            tell(broker.process().name() + ": problem=" + (served == null ? "not started" : served.problem()));
        });
        clients.troubles().forEach((partition, words) -> tell("last of " + partition + ": " + words));
        clients.readTo().forEach((partition, offset) -> tell("read of " + partition + ": only up to " + offset));
    }

    /** Every broker that is neither dead nor gone. */
    List<SimBroker> living() {
        return brokers.values().stream()
                .filter(broker -> !broker.process().isDead())
                .toList();
    }

    List<Integer> dead() {
        return brokers.values().stream()
                .filter(broker -> broker.process().isDead())
                .map(SimBroker::id)
                .toList();
    }

    void start(int id) {
        SimBroker broker = new SimBroker(world, machine(id));
        brokers.put(id, broker);
        tell("broker " + id + " starts as " + broker.process().name());
        broker.start(cause -> {
            tell(broker.process().name() + " cannot start: " + cause);
            simulator.after(RESTART.toNanos(), () -> {
                if (dead().contains(id)) {
                    start(id);
                }
            });
        });
    }

    /** Its newest life, dead or not. */
    SimBroker broker(int id) {
        return java.util.Objects.requireNonNull(brokers.get(id));
    }

    SimMachine machine(int id) {
        return java.util.Objects.requireNonNull(machines.get(id));
    }

    Oracle oracle() {
        return oracle;
    }

    private void heal() {
        world.network().heal();
        world.etcd().start();
        world.objects().failing(0);
        machines.values().forEach(machine -> {
            machine.disk().slowness(1);
            machine.disk().failing(false);
            machine.disk().full(false);
        });
        brokers.values().forEach(broker -> broker.process().goOn());
        dead().forEach(this::start);
    }

    void tell(String what) {
        story.add("%9.3f s  %s".formatted(simulator.nanos() / 1e9, what));
    }

    /**
     * What was uploaded and is named nowhere is gone after a while, and what is named is there (rules 7 and 8). Partitions go on being handed over and
     * pages being written anew meanwhile, so it is looked at until nothing is left over.
     */
    private void checkObjects() {
        boolean[] done = new boolean[1];
        Set<String> leftOver = new java.util.TreeSet<>();
        clientProcess.blocking().execute(() -> {
            do {
                simulator.sleepMillis(SimBroker.SWEEP_GRACE.toMillis());
                Set<String> named = oracle.references(clientProcess);
                leftOver.clear();
                leftOver.addAll(world.objects().keys());
                leftOver.removeIf(key -> key.startsWith("sweep/"));
                Set<String> gone = new java.util.TreeSet<>(named);
                gone.removeAll(leftOver);
                if (!gone.isEmpty()) {
                    throw new AssertionError("objects that are named and gone: " + gone);
                }
                leftOver.removeAll(named);
            } while (!leftOver.isEmpty());
            done[0] = true;
        });
        try {
            simulator.runUntil("no object is there that is not named", END_LIMIT, () -> done[0]);
        } catch (AssertionError e) {
            tell("objects that are there and not named: " + leftOver);
            throw e;
        }
    }
}
