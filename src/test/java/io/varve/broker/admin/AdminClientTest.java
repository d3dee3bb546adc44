package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.broker.Apis;
import io.varve.wire.ApiVersionsHandler;
import io.varve.wire.KafkaServer;
import io.varve.wire.WireSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Kafka's own Java client against the admin handlers behind a real socket. */
class AdminClientTest {
    private static final ConfigResource TOPIC = new ConfigResource(ConfigResource.Type.TOPIC, "a");

    private final AdminWorld world = new AdminWorld(Map.of("num.partitions", "2"));
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private KafkaServer server;
    private Admin client;

    @BeforeEach
    void connect() throws Exception {
        AtomicReference<Set<ApiKeys>> served = new AtomicReference<>();
        Apis.Builder builder = Apis.builder().serve(ApiKeys.API_VERSIONS, new ApiVersionsHandler(served::get));
        world.register(builder);
        Apis apis = builder.build();
        served.set(apis.supported());
        server = KafkaServer.start(
                new WireSettings("127.0.0.1", 0, 1 << 20, 10, 1 << 24, 100, 100, 60_000, 1),
                apis,
                blocking,
                new SimpleMeterRegistry());
        world.brokers.set(0, new Node(1, "127.0.0.1", server.port(), "rack-a"));
        client = Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + server.port()));
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        blocking.close();
    }

    private static <T> T get(Future<T> future) throws InterruptedException, ExecutionException, TimeoutException {
        return future.get(60, TimeUnit.SECONDS);
    }

    private ConfigEntry config(String name) throws Exception {
        Config config = get(client.describeConfigs(List.of(TOPIC)).values().get(TOPIC));
        return config.get(name);
    }

    @Test
    void theLifeOfATopic() throws Exception {
        CreateTopicsResult created = client.createTopics(
                List.of(new NewTopic("a", Optional.empty(), Optional.empty()).configs(Map.of("retention.ms", "5000"))));
        assertThat(get(created.numPartitions("a"))).isEqualTo(2);
        assertThat(get(created.config("a")).get("retention.ms").value()).isEqualTo("5000");
        assertThat(get(client.listTopics().names())).containsExactly("a");

        TopicDescription described =
                get(client.describeTopics(List.of("a")).topicNameValues().get("a"));
        assertThat(described.topicId()).isEqualTo(get(created.topicId("a")));
        assertThat(described.partitions()).hasSize(2).allSatisfy(partition -> {
            assertThat(partition.leader().id()).isEqualTo(1);
            assertThat(partition.isr()).hasSize(1);
        });

        get(client.createPartitions(Map.of("a", NewPartitions.increaseTo(3))).all());
        assertThat(world.topics.byName("a").orElseThrow().partitions()).isEqualTo(3);
        assertThatThrownBy(() -> get(client.createPartitions(Map.of("a", NewPartitions.increaseTo(1)))
                        .all()))
                .hasCauseInstanceOf(InvalidPartitionsException.class);

        get(client.deleteTopics(List.of("a")).all());
        assertThat(get(client.listTopics().names())).isEmpty();
        assertThatThrownBy(() -> get(client.describeTopics(List.of("a")).allTopicNames()))
                .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }

    @Test
    void theConfigsOfATopic() throws Exception {
        world.topics.add("a", 1);
        assertThat(config("retention.ms").isDefault()).isTrue();

        get(client.incrementalAlterConfigs(Map.of(
                        TOPIC,
                        List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "7"), AlterConfigOp.OpType.SET))))
                .all());

        assertThat(config("retention.ms").value()).isEqualTo("7");
        assertThat(config("retention.ms").source()).isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
        assertThat(config("segment.bytes").type()).isEqualTo(ConfigEntry.ConfigType.INT);
    }

    @Test
    void theCluster() throws Exception {
        assertThat(get(client.describeCluster().clusterId())).isEqualTo(AdminWorld.CLUSTER);
        assertThat(get(client.describeCluster().nodes())).extracting(Node::id).containsExactly(1);
        assertThat(get(client.describeCluster().controller()).id()).isEqualTo(1);
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        Config config = get(client.describeConfigs(List.of(broker)).values().get(broker));
        assertThat(config.get("num.partitions").value()).isEqualTo("2");
        assertThat(config.get("num.partitions").source()).isEqualTo(ConfigEntry.ConfigSource.STATIC_BROKER_CONFIG);
        assertThat(config.get("num.partitions").isReadOnly()).isTrue();
    }
}
