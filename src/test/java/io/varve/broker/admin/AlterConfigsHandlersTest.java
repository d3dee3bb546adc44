package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.AlterConfigsResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.junit.jupiter.api.Test;

/** IncrementalAlterConfigs and the older AlterConfigs, which have one set of rules. */
class AlterConfigsHandlersTest {
    private final AdminWorld world = new AdminWorld(Map.of("log.cleanup.policy", "compact"));

    private static AlterConfigsResource resource(ConfigResource.Type type, String name, AlterableConfig... configs) {
        var resource = new AlterConfigsResource().setResourceType(type.id()).setResourceName(name);
        for (AlterableConfig config : configs) {
            resource.configs().mustAdd(config.duplicate());
        }
        return resource;
    }

    private static AlterableConfig change(OpType operation, String name, String value) {
        return new AlterableConfig()
                .setName(name)
                .setConfigOperation(operation.id())
                .setValue(value);
    }

    private List<AlterConfigsResourceResponse> ask(
            boolean validateOnly, short version, AlterConfigsResource... resources) {
        var data = new IncrementalAlterConfigsRequestData().setValidateOnly(validateOnly);
        for (AlterConfigsResource resource : resources) {
            data.resources().mustAdd(resource);
        }
        return world.ask(
                        new IncrementalAlterConfigsRequest.Builder(data).build(version),
                        IncrementalAlterConfigsResponse.class)
                .data()
                .responses();
    }

    private List<AlterConfigsResourceResponse> alter(AlterConfigsResource... resources) {
        return ask(false, ApiKeys.INCREMENTAL_ALTER_CONFIGS.latestVersion(), resources);
    }

    private void altered(AlterableConfig... changes) {
        AlterConfigsResourceResponse response =
                alter(resource(ConfigResource.Type.TOPIC, "a", changes)).getFirst();
        assertThat(response.errorMessage()).isNull();
        assertThat(response.errorCode()).isZero();
    }

    private void refused(AlterConfigsResource resource, Errors error, String message) {
        AlterConfigsResourceResponse response = alter(resource).getFirst();
        assertThat(Errors.forCode(response.errorCode())).isEqualTo(error);
        assertThat(response.errorMessage()).isEqualTo(message);
    }

    private Map<String, String> configs() {
        return world.topics.byName("a").orElseThrow().configs();
    }

    @Test
    void setAndDelete_leaveTheRest_inEveryVersion() {
        for (short version : ApiKeys.INCREMENTAL_ALTER_CONFIGS.allVersions()) {
            world.topics.add("t" + version, Map.of("retention.ms", "5", "segment.ms", "7"));

            ask(
                    false,
                    version,
                    resource(
                            ConfigResource.Type.TOPIC,
                            "t" + version,
                            change(OpType.SET, "max.message.bytes", "9"),
                            change(OpType.DELETE, "segment.ms", null),
                            change(OpType.DELETE, "flush.ms", null)));

            assertThat(world.topics.byName("t" + version).orElseThrow().configs())
                    .as("version %d", version)
                    .isEqualTo(Map.of("retention.ms", "5", "max.message.bytes", "9"));
        }
    }

    @Test
    void appendAndSubtract_startFromWhatIsInForce() {
        world.topics.add("a", 1);

        altered(change(OpType.APPEND, "cleanup.policy", "delete"));
        assertThat(configs()).isEqualTo(Map.of("cleanup.policy", "compact,delete"));
        altered(change(OpType.APPEND, "cleanup.policy", "delete"));
        assertThat(configs()).isEqualTo(Map.of("cleanup.policy", "compact,delete"));
        altered(change(OpType.SUBTRACT, "cleanup.policy", "compact,nothing"));
        assertThat(configs()).isEqualTo(Map.of("cleanup.policy", "delete"));
    }

    @Test
    void append_needsAList() {
        world.topics.add("a", 1);
        refused(
                resource(ConfigResource.Type.TOPIC, "a", change(OpType.APPEND, "retention.ms", "1")),
                Errors.INVALID_CONFIG,
                "Can't APPEND to key retention.ms because its type is not LIST.");
        refused(
                resource(ConfigResource.Type.TOPIC, "a", change(OpType.SUBTRACT, "no.such", "1")),
                Errors.INVALID_CONFIG,
                "Can't SUBTRACT to key no.such because its type is not LIST.");
        assertThat(configs()).isEmpty();
    }

    @Test
    void aBadChange_undoesAllOfTheResource_notTheOthers() {
        world.topics.add("a", 1);
        world.topics.add("b", 1);

        List<AlterConfigsResourceResponse> responses = alter(
                resource(
                        ConfigResource.Type.TOPIC,
                        "a",
                        change(OpType.SET, "retention.ms", "1"),
                        change(OpType.SET, "max.message.bytes", "-1")),
                resource(ConfigResource.Type.TOPIC, "b", change(OpType.SET, "retention.ms", "1")));

        assertThat(Errors.forCode(responses.getFirst().errorCode())).isEqualTo(Errors.INVALID_CONFIG);
        assertThat(responses.getFirst().errorMessage())
                .isEqualTo("Invalid value -1 for configuration max.message.bytes: Value must be at least 0");
        assertThat(configs()).isEmpty();
        assertThat(responses.get(1).errorCode()).isZero();
        assertThat(world.topics.byName("b").orElseThrow().configs()).isEqualTo(Map.of("retention.ms", "1"));
    }

    @Test
    void validateOnly_changesNothing() {
        world.topics.add("a", 1);
        short version = ApiKeys.INCREMENTAL_ALTER_CONFIGS.latestVersion();

        var good =
                ask(true, version, resource(ConfigResource.Type.TOPIC, "a", change(OpType.SET, "retention.ms", "1")));
        var bad = ask(true, version, resource(ConfigResource.Type.TOPIC, "a", change(OpType.SET, "retention.ms", "x")));

        assertThat(good.getFirst().errorCode()).isZero();
        assertThat(Errors.forCode(bad.getFirst().errorCode())).isEqualTo(Errors.INVALID_CONFIG);
        assertThat(configs()).isEmpty();
    }

    @Test
    void unclearRequests() {
        world.topics.add("a", 1);
        refused(
                resource(
                        ConfigResource.Type.TOPIC,
                        "a",
                        change(OpType.SET, "retention.ms", "1"),
                        change(OpType.DELETE, "retention.ms", null)),
                Errors.INVALID_REQUEST,
                "Error due to duplicate config keys");
        refused(
                resource(
                        ConfigResource.Type.TOPIC,
                        "a",
                        change(OpType.SET, "retention.ms", null),
                        change(OpType.APPEND, "cleanup.policy", null)),
                Errors.INVALID_REQUEST,
                "Null value not supported for : retention.ms, cleanup.policy");
        refused(
                resource(
                        ConfigResource.Type.TOPIC,
                        "a",
                        new AlterableConfig()
                                .setName("retention.ms")
                                .setConfigOperation((byte) 9)
                                .setValue("1")),
                Errors.INVALID_REQUEST,
                "Unknown operations type 9");
        AlterConfigsResource once = resource(ConfigResource.Type.TOPIC, "a", change(OpType.SET, "retention.ms", "1"));
        assertThat(alter(once, once.duplicate())).hasSize(2).allSatisfy(response -> {
            assertThat(Errors.forCode(response.errorCode())).isEqualTo(Errors.INVALID_REQUEST);
            assertThat(response.errorMessage()).isEqualTo("Each resource must appear at most once.");
        });
        assertThat(configs()).isEmpty();
    }

    @Test
    void topicsThatAreNotThere() {
        AlterableConfig change = change(OpType.SET, "retention.ms", "1");
        refused(
                resource(ConfigResource.Type.TOPIC, "no", change),
                Errors.UNKNOWN_TOPIC_OR_PARTITION,
                "The topic 'no' does not exist.");
        refused(
                resource(ConfigResource.Type.TOPIC, "", change),
                Errors.INVALID_REQUEST,
                "Default topic resources are not allowed.");
    }

    @Test
    void brokers_changeWithARestart() {
        AlterableConfig change = change(OpType.SET, "num.partitions", "2");
        String words =
                "Configs of a broker cannot be changed while it runs: set varve.kafka.config.\"NAME\" and restart it.";
        refused(resource(ConfigResource.Type.BROKER, "1", change), Errors.INVALID_REQUEST, words);
        refused(resource(ConfigResource.Type.BROKER, "", change), Errors.INVALID_REQUEST, words);
        refused(
                resource(ConfigResource.Type.BROKER, "2", change),
                Errors.INVALID_REQUEST,
                "Unexpected broker id, expected 1, but received 2");
        refused(
                resource(ConfigResource.Type.BROKER, "x", change),
                Errors.INVALID_REQUEST,
                "Node id must be an integer, but it is: x");
        refused(
                resource(ConfigResource.Type.BROKER_LOGGER, "1", change),
                Errors.INVALID_REQUEST,
                "Unsupported resource type: BROKER_LOGGER");
    }

    @Test
    void groups() {
        String timeout = AdminWorld.MemoryGroupConfigs.TIMEOUT;
        alter(resource(
                ConfigResource.Type.GROUP,
                "g",
                change(OpType.SET, timeout, "60000"),
                change(OpType.SUBTRACT, "list", "a")));
        assertThat(world.groups.own("g")).isEqualTo(Map.of(timeout, "60000", "list", "b"));
        alter(resource(ConfigResource.Type.GROUP, "g", change(OpType.DELETE, timeout, null)));
        assertThat(world.groups.own("g")).isEqualTo(Map.of("list", "b"));

        refused(
                resource(ConfigResource.Type.GROUP, "g", change(OpType.SET, "no.such", "1")),
                Errors.INVALID_CONFIG,
                "Unknown group config name: no.such");
        refused(
                resource(ConfigResource.Type.GROUP, "", change(OpType.SET, timeout, "1")),
                Errors.INVALID_REQUEST,
                "Default group resources are not allowed.");
    }

    @Test
    void theOlderRequest_replacesAll_inEveryVersion() {
        for (short version : ApiKeys.ALTER_CONFIGS.allVersions()) {
            world.topics.add("old" + version, Map.of("retention.ms", "5", "segment.ms", "7"));

            Errors error = replace("old" + version, "max.message.bytes", "9", version);

            assertThat(error).as("version %d", version).isEqualTo(Errors.NONE);
            assertThat(world.topics.byName("old" + version).orElseThrow().configs())
                    .isEqualTo(Map.of("max.message.bytes", "9"));
        }
        world.topics.add("kept", Map.of("retention.ms", "5"));
        assertThat(replace("kept", "max.message.bytes", "x", (short) 2)).isEqualTo(Errors.INVALID_CONFIG);
        assertThat(replace("kept", "max.message.bytes", null, (short) 2)).isEqualTo(Errors.INVALID_REQUEST);
        assertThat(world.topics.byName("kept").orElseThrow().configs()).isEqualTo(Map.of("retention.ms", "5"));
    }

    private Errors replace(String topic, String config, String value, short version) {
        var resource = new AlterConfigsRequestData.AlterConfigsResource()
                .setResourceType(ConfigResource.Type.TOPIC.id())
                .setResourceName(topic);
        resource.configs()
                .mustAdd(new AlterConfigsRequestData.AlterableConfig()
                        .setName(config)
                        .setValue(value));
        var data = new AlterConfigsRequestData();
        data.resources().mustAdd(resource);
        return Errors.forCode(world.ask(new AlterConfigsRequest(data, version), AlterConfigsResponse.class)
                .data()
                .responses()
                .getFirst()
                .errorCode());
    }
}
