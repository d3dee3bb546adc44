package io.varve.chaos;

import io.varve.chaos.History.Topic;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;

/** The topics of a run and the clients that use them. */
record Clients(List<Client> senders, List<Client> readers, List<Client> members, Watch watch) {
    private static final Topic THREE = new Topic("three-copies", 6, 3, 2);
    private static final Topic TWO = new Topic("two-copies", 4, 2, 1);
    private static final Topic ONE = new Topic("one-copy", 3, 1, 1);

    static final List<Topic> TOPICS = List.of(THREE, TWO, ONE);
    static final List<String> GROUPS = List.of("classic", "consumer", "librdkafka");

    /** Creates the topics. Segments are small, so that what is read is in all places: open, sealed, and in the object store alone. */
    static void createTopics(String bootstrapServers) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            admin.createTopics(TOPICS.stream()
                            .map(topic -> new NewTopic(
                                            topic.name(), Optional.of(topic.partitions()), Optional.of((short)
                                                    topic.copies()))
                                    .configs(Map.of(
                                            "min.insync.replicas", Integer.toString(topic.minInsync()),
                                            "segment.bytes", "1048576",
                                            "segment.ms", "20000",
                                            "local.retention.bytes", "4194304")))
                            .toList())
                    .all()
                    .get();
        }
    }

    /** All clients of a run; none is started. */
    static Clients of(String servers, Path folder, History history, long seed) {
        List<Client> senders = List.of(
                new JavaSender("java-three", new JavaSender.Kind(THREE, 20, true, Map.of()), servers, history),
                new JavaSender(
                        "java-three-lz4",
                        new JavaSender.Kind(
                                THREE,
                                50,
                                true,
                                Map.of("max.in.flight.requests.per.connection", 1, "compression.type", "lz4")),
                        servers,
                        history),
                new JavaSender("java-two", new JavaSender.Kind(TWO, 40, true, Map.of()), servers, history),
                new JavaSender("java-one", new JavaSender.Kind(ONE, 50, false, Map.of()), servers, history),
                new PythonSender("librdkafka-sender", List.of(THREE, TWO), 100, servers, folder, history));
        List<TopicPartition> all =
                TOPICS.stream().flatMap(topic -> topic.partitionsOf().stream()).toList();
        List<Client> readers = List.of(
                new JavaReader("java-reader", all, servers, history),
                new PythonReader("librdkafka-reader", TOPICS, servers, folder, history));
        List<String> copied = List.of(THREE.name(), TWO.name());
        GroupLedger classic = history.group("classic");
        GroupLedger consumer = history.group("consumer");
        List<Client> members = List.of(
                new JavaMember("classic-1", classic, "classic", copied, servers, history, seed),
                new JavaMember("classic-2", classic, "classic", copied, servers, history, seed + 1),
                new JavaMember("consumer-1", consumer, "consumer", copied, servers, history, seed + 2),
                new JavaMember("consumer-2", consumer, "consumer", copied, servers, history, seed + 3),
                new PythonMember(
                        "librdkafka-member",
                        history.group("librdkafka"),
                        "consumer",
                        copied,
                        servers,
                        folder,
                        history));
        return new Clients(senders, readers, members, new Watch("watch", servers, history));
    }

    /** All of them. */
    List<Client> all() {
        return Stream.of(senders, readers, members, List.of((Client) watch))
                .flatMap(List::stream)
                .toList();
    }
}
