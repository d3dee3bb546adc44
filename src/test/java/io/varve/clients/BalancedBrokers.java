package io.varve.clients;

import io.varve.testkit.Balancer;
import io.varve.testkit.Cluster;
import io.varve.testkit.FreePort;
import io.varve.testkit.VarveProcess;
import io.varve.testkit.WholeVarve;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Three real brokers behind a balancer, whose address is the only one that clients know. */
final class BalancedBrokers implements Cluster {
    private final Balancer balancer;
    private final WholeVarve first;
    private final List<VarveProcess> others = new ArrayList<>();

    private BalancedBrokers(Path folder) {
        List<Integer> ports = List.of(FreePort.find(), FreePort.find(), FreePort.find());
        balancer = Balancer.over(ports);
        first = WholeVarve.prepare(folder, oneAddress(ports.get(0)));
        others.add(first.another(2, folder.resolve("two"), oneAddress(ports.get(1))));
        others.add(first.another(3, folder.resolve("three"), oneAddress(ports.get(2))));
    }

    static BalancedBrokers start(Path folder) {
        BalancedBrokers three = new BalancedBrokers(folder);
        three.first.broker().launch();
        three.others.forEach(VarveProcess::launch);
        three.first.broker().awaitReady();
        three.others.forEach(VarveProcess::awaitReady);
        return three;
    }

    private Consumer<VarveProcess.Settings> oneAddress(int port) {
        return settings -> settings.property("varve.one-address.listen", "127.0.0.1:" + port)
                .property("varve.one-address.advertised", "127.0.0.1:" + balancer.port())
                .kafkaConfig("group.initial.rebalance.delay.ms", "0");
    }

    Balancer balancer() {
        return balancer;
    }

    /** The one that is killed in tests. */
    VarveProcess third() {
        return others.getLast();
    }

    /** The cluster as clients of the first broker's own listener see it. */
    Cluster direct() {
        return first;
    }

    @Override
    public String bootstrapServers() {
        return "127.0.0.1:" + balancer.port();
    }

    @Override
    public String description() {
        return "three brokers behind one address";
    }

    @Override
    public void close() {
        others.reversed().forEach(VarveProcess::close);
        first.close();
        balancer.close();
    }
}
