package io.varve.bench;

import java.util.List;
import java.util.stream.Stream;

/** All scenarios, in the order in which they run. */
final class Scenarios {
    private static final List<Scenario> ALL = List.of(
            new StartScenario(),
            new ThroughputScenario(),
            new OffloadScenario(),
            new LatencyScenario("latency", false),
            new LatencyScenario("synced", true),
            new PartitionsScenario(),
            new FailoverScenario(),
            new MoveScenario(),
            new ReplicatedScenario(),
            new TakeOverScenario(),
            new EtcdWritesScenario(),
            new PutsScenario());

    /** On the command line: all scenarios of three brokers. */
    static final String CLUSTER = "cluster";

    private Scenarios() {}

    /** The names that a word on the command line stands for. */
    static Stream<String> named(String word) {
        if (word.equals(CLUSTER)) {
            return ALL.stream()
                    .filter(scenario -> !(scenario instanceof OneBrokerScenario))
                    .map(Scenario::name);
        }
        if (!names().contains(word)) {
            throw new IllegalArgumentException("there is no scenario " + word + ": " + names());
        }
        return Stream.of(word);
    }

    static List<String> names() {
        return ALL.stream().map(Scenario::name).toList();
    }

    static Stream<Scenario> chosen(Options options) {
        return ALL.stream()
                .filter(scenario -> options.only().isEmpty() || options.only().contains(scenario.name()));
    }
}
