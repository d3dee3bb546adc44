package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.varve.testkit.Cluster;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The Java admin client: topics, partitions and configs. */
@RealClient
class JavaAdminTest {
    private final Cluster cluster;
    private final Admin admin;

    JavaAdminTest(Cluster cluster) {
        this.cluster = cluster;
        this.admin = Clients.admin(cluster);
    }

    @AfterEach
    void close() {
        admin.close();
    }

    @Test
    void describesTheCluster() {
        var described = admin.describeCluster();
        var nodes = Clients.get(described.nodes());
        assertThat(nodes).hasSize(1);
        assertThat(cluster.bootstrapServers())
                .isEqualTo(nodes.iterator().next().host() + ":"
                        + nodes.iterator().next().port());
        assertThat(Clients.get(described.controller()))
                .isEqualTo(nodes.iterator().next());
        assertThat(Clients.get(described.clusterId())).isNotBlank();
    }

    @Test
    void createsTopicsDescribesThemAndListsThem() {
        String name = Clients.unique("created");
        // When
        var created = admin.createTopics(
                List.of(new NewTopic(name, 4, (short) 1).configs(Map.of("segment.bytes", "2097152"))));
        // Then the answer tells what was made
        assertThat(Clients.get(created.numPartitions(name))).isEqualTo(4);
        assertThat(Clients.get(created.replicationFactor(name))).isEqualTo(1);
        assertThat(Clients.get(created.config(name)).get("segment.bytes").value())
                .isEqualTo("2097152");
        Uuid id = Clients.get(created.topicId(name));
        assertThat(id).isNotEqualTo(Uuid.ZERO_UUID);
        // and describing it says the same
        var described = describe(name);
        assertThat(described.topicId()).isEqualTo(id);
        assertThat(described.isInternal()).isFalse();
        assertThat(described.partitions()).hasSize(4).allSatisfy(partition -> {
            assertThat(partition.leader().id())
                    .isEqualTo(partition.replicas().getFirst().id());
            assertThat(partition.isr()).isEqualTo(partition.replicas()).hasSize(1);
        });
        assertThat(Clients.get(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id)))
                                .allTopicIds())
                        .get(id)
                        .name())
                .isEqualTo(name);
        assertThat(Clients.get(admin.listTopics().names())).contains(name);
    }

    @Test
    void refusesTopicsThatCannotBe() {
        String existing = Clients.topic(cluster, "existing", 1, Map.of());
        refuses(new NewTopic(existing, 1, (short) 1), TopicExistsException.class);
        refuses(new NewTopic(Clients.unique("zero"), 0, (short) 1), InvalidPartitionsException.class);
        refuses(new NewTopic(Clients.unique("copies"), 1, (short) 7), InvalidReplicationFactorException.class);
        refuses(new NewTopic("not a name", 1, (short) 1), InvalidTopicException.class);
        refuses(
                new NewTopic(Clients.unique("config"), 1, (short) 1).configs(Map.of("segment.bytes", "-3")),
                InvalidConfigurationException.class);
        refuses(
                new NewTopic(Clients.unique("config"), 1, (short) 1).configs(Map.of("no.such.setting", "1")),
                InvalidConfigurationException.class);
    }

    @Test
    void onlyChecksWhenAskedToValidateOnly() {
        String name = Clients.unique("validated");
        Clients.get(admin.createTopics(
                        List.of(new NewTopic(name, 1, (short) 1)), new CreateTopicsOptions().validateOnly(true))
                .all());
        assertThat(Clients.get(admin.listTopics().names())).doesNotContain(name);
    }

    @Test
    void placesPartitionsWhereItIsTold() {
        int broker =
                Clients.get(admin.describeCluster().nodes()).iterator().next().id();
        String name = Clients.unique("placed");
        Clients.get(admin.createTopics(List.of(new NewTopic(name, Map.of(0, List.of(broker), 1, List.of(broker)))))
                .all());
        assertThat(describe(name).partitions()).hasSize(2);
    }

    @Test
    void deletesTopicsByNameAndById() {
        String byName = Clients.topic(cluster, "by-name", 1, Map.of());
        String byId = Clients.topic(cluster, "by-id", 1, Map.of());
        Uuid id = describe(byId).topicId();
        // When
        Clients.get(admin.deleteTopics(List.of(byName)).all());
        Clients.get(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all());
        // Then both are gone, soon everywhere
        Awaitility.await()
                .atMost(Clients.LIMIT)
                .untilAsserted(() ->
                        assertThat(Clients.get(admin.listTopics().names())).doesNotContain(byName, byId));
        assertThatThrownBy(() -> describe(byName)).isInstanceOf(UnknownTopicOrPartitionException.class);
        assertThatThrownBy(() -> Clients.get(admin.deleteTopics(List.of(byName)).all()))
                .isInstanceOf(UnknownTopicOrPartitionException.class);
        assertThatThrownBy(() -> Clients.get(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id)))
                        .all()))
                .isInstanceOf(UnknownTopicIdException.class);
    }

    @Test
    void startsAnewWhenATopicIsCreatedUnderTheNameOfADeletedOne() {
        String name = Clients.topic(cluster, "again", 1, Map.of());
        Clients.sendNumbers(cluster, name, 0, 10);
        Clients.get(admin.deleteTopics(List.of(name)).all());
        Awaitility.await().atMost(Clients.LIMIT).ignoreExceptions().until(() -> {
            Clients.get(admin.createTopics(List.of(new NewTopic(name, 1, (short) 1)))
                    .all());
            return true;
        });
        assertThat(Clients.sendNumbers(cluster, name, 0, 1).getFirst().offset()).isZero();
        assertThat(Clients.readAll(cluster, name)).hasSize(1);
    }

    @Test
    void showsConfigsWithTheirSourcesAndSynonyms() {
        String name = Clients.topic(cluster, "configs", 1, Map.of("segment.bytes", "3000000"));
        // What was set
        var segment = config(name).get("segment.bytes");
        assertThat(segment.value()).isEqualTo("3000000");
        assertThat(segment.source()).isEqualTo(ConfigSource.DYNAMIC_TOPIC_CONFIG);
        // What was not
        var size = config(name).get("max.message.bytes");
        assertThat(size.value()).isEqualTo("1048588");
        assertThat(size.isDefault()).isTrue();
        assertThat(size.source()).isEqualTo(ConfigSource.DEFAULT_CONFIG);
        // and where it would come from
        var options = new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        var entry = Clients.get(
                        admin.describeConfigs(List.of(resource), options).all())
                .get(resource)
                .get("segment.bytes");
        assertThat(entry.synonyms())
                .extracting(ConfigEntry.ConfigSynonym::name, ConfigEntry.ConfigSynonym::source)
                .containsExactly(
                        tuple("segment.bytes", ConfigSource.DYNAMIC_TOPIC_CONFIG),
                        tuple("log.segment.bytes", ConfigSource.DEFAULT_CONFIG));
        assertThat(entry.type()).isEqualTo(ConfigEntry.ConfigType.INT);
        assertThat(entry.documentation()).contains("segment");
    }

    @Test
    void changesConfigsOneByOne() {
        String name = Clients.topic(cluster, "alter", 1, Map.of("cleanup.policy", "delete", "segment.ms", "60000"));
        // When one is set, one deleted and one appended to
        alter(name, "retention.bytes", "1000000", OpType.SET);
        alter(name, "segment.ms", "", OpType.DELETE);
        alter(name, "cleanup.policy", "compact", OpType.APPEND);
        // Then
        Awaitility.await().atMost(Clients.LIMIT).untilAsserted(() -> {
            var config = config(name);
            assertThat(config.get("retention.bytes").value()).isEqualTo("1000000");
            assertThat(config.get("segment.ms").value()).isEqualTo("604800000");
            assertThat(config.get("segment.ms").source()).isEqualTo(ConfigSource.DEFAULT_CONFIG);
            assertThat(config.get("cleanup.policy").value().split(",", -1))
                    .containsExactlyInAnyOrder("compact", "delete");
        });
        // and nonsense is refused, and changes nothing
        assertThatThrownBy(() -> alter(name, "retention.bytes", "much", OpType.SET))
                .isInstanceOf(InvalidConfigurationException.class);
        assertThat(config(name).get("retention.bytes").value()).isEqualTo("1000000");
    }

    @Test
    void showsTheBrokersOwnConfig() {
        int broker =
                Clients.get(admin.describeCluster().nodes()).iterator().next().id();
        var resource = new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker));
        var config = Clients.get(admin.describeConfigs(List.of(resource)).all()).get(resource);
        assertThat(config.get("num.partitions").value()).isEqualTo("1");
        assertThat(config.get("message.max.bytes").value()).isEqualTo("1048588");
    }

    @Test
    void addsPartitionsAndKeepsWhatIsThere() {
        String name = Clients.topic(cluster, "grow", 3, Map.of());
        Clients.sendNumbers(cluster, name, 2, 10);
        // When
        Clients.get(admin.createPartitions(Map.of(name, NewPartitions.increaseTo(5)))
                .all());
        // Then
        Awaitility.await()
                .atMost(Clients.LIMIT)
                .until(() -> describe(name).partitions().size() == 5);
        assertThat(Clients.sendNumbers(cluster, name, 4, 7).getLast().offset()).isEqualTo(6);
        Map<Integer, Long> counts = Clients.readAll(cluster, name).stream()
                .collect(Collectors.groupingBy(r -> r.partition(), Collectors.counting()));
        assertThat(counts).isEqualTo(Map.of(2, 10L, 4, 7L));
        assertThatThrownBy(() -> Clients.get(admin.createPartitions(Map.of(name, NewPartitions.increaseTo(2)))
                        .all()))
                .isInstanceOf(InvalidPartitionsException.class);
    }

    private void refuses(NewTopic topic, Class<? extends Exception> error) {
        assertThatThrownBy(() -> Clients.get(admin.createTopics(List.of(topic)).all()))
                .isInstanceOf(error);
        assertThat(Clients.get(admin.listTopics().names()).contains(topic.name()))
                .isEqualTo(error == TopicExistsException.class);
    }

    private TopicDescription describe(String name) {
        return Clients.get(admin.describeTopics(Set.of(name)).allTopicNames()).get(name);
    }

    private Config config(String name) {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        return Clients.get(admin.describeConfigs(List.of(resource)).all()).get(resource);
    }

    private void alter(String name, String key, String value, OpType type) {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        Clients.get(admin.incrementalAlterConfigs(
                        Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(key, value), type))))
                .all());
    }
}
