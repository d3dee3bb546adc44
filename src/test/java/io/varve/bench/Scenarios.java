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
            new EtcdWritesScenario());

    private Scenarios() {}

    static List<String> names() {
        return ALL.stream().map(Scenario::name).toList();
    }

    static Stream<Scenario> chosen(Options options) {
        return ALL.stream()
                .filter(scenario -> options.only().isEmpty() || options.only().contains(scenario.name()));
    }
}
