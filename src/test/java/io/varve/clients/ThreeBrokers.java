package io.varve.clients;

import io.varve.testkit.Cluster;
import io.varve.testkit.VarveProcess;
import io.varve.testkit.WholeVarve;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartitionInfo;

/** Three real brokers over one etcd and one object store; clients know all three addresses. */
record ThreeBrokers(WholeVarve first, VarveProcess second, VarveProcess third) implements Cluster {
    static ThreeBrokers start(Path folder) {
        WholeVarve first = WholeVarve.start(folder);
        return launch(new ThreeBrokers(
                first, first.another(2, folder.resolve("two")), first.another(3, folder.resolve("three"))));
    }

    /** The same, each of them in a rack of its own: "rack-1" to "rack-3". */
    static ThreeBrokers inRacks(Path folder) {
        WholeVarve first = WholeVarve.start(folder, settings -> settings.property("varve.broker.rack", "rack-1"));
        return launch(new ThreeBrokers(
                first,
                first.another(2, folder.resolve("two"), settings -> settings.property("varve.broker.rack", "rack-2")),
                first.another(
                        3, folder.resolve("three"), settings -> settings.property("varve.broker.rack", "rack-3"))));
    }

    private static ThreeBrokers launch(ThreeBrokers three) {
        three.second.launch();
        three.third.launch();
        three.second.awaitReady();
        three.third.awaitReady();
        return three;
    }

    @Override
    public String bootstrapServers() {
        return first.bootstrapServers() + "," + second.bootstrapServers() + "," + third.bootstrapServers();
    }

    @Override
    public String description() {
        return "three brokers";
    }

    @Override
    public void close() {
        third.close();
        second.close();
        first.close();
    }

    /** The partitions of a topic by the broker that owns them. */
    Map<Integer, List<Integer>> owned(String topic) {
        try (Admin admin = Clients.admin(this)) {
            return Clients.get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().stream()
                    .filter(partition -> partition.leader() != null)
                    .collect(Collectors.groupingBy(
                            partition -> partition.leader().id(),
                            Collectors.mapping(TopicPartitionInfo::partition, Collectors.toList())));
        }
    }
}
