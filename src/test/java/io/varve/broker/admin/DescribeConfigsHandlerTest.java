package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;

class DescribeConfigsHandlerTest {
    private static final byte TOPIC_SOURCE = ConfigSource.TOPIC_CONFIG.id();
    private static final byte STATIC_SOURCE = ConfigSource.STATIC_BROKER_CONFIG.id();
    private static final byte DEFAULT_SOURCE = ConfigSource.DEFAULT_CONFIG.id();

    private final AdminWorld world =
            new AdminWorld(Map.of("log.retention.hours", "2", "message.max.bytes", "2000", "num.partitions", "3"));

    private DescribeConfigsResult ask(ConfigResource.Type type, String name, List<String> keys) {
        return ask(type, name, keys, ApiKeys.DESCRIBE_CONFIGS.latestVersion());
    }

    private DescribeConfigsResult ask(ConfigResource.Type type, String name, List<String> keys, short version) {
        var data = new DescribeConfigsRequestData()
                .setIncludeSynonyms(true)
                .setIncludeDocumentation(version >= 3)
                .setResources(List.of(new DescribeConfigsResource()
                        .setResourceType(type.id())
                        .setResourceName(name)
                        .setConfigurationKeys(keys)));
        List<DescribeConfigsResult> results = world.ask(
                        new DescribeConfigsRequest.Builder(data).build(version), DescribeConfigsResponse.class)
                .data()
                .results();
        assertThat(results).hasSize(1);
        assertThat(results.getFirst().resourceName()).isEqualTo(name);
        assertThat(results.getFirst().resourceType()).isEqualTo(type.id());
        return results.getFirst();
    }

    private DescribeConfigsResourceResult config(ConfigResource.Type type, String name, String config) {
        List<DescribeConfigsResourceResult> configs =
                ask(type, name, List.of(config)).configs();
        assertThat(configs).hasSize(1);
        assertThat(configs.getFirst().name()).isEqualTo(config);
        return configs.getFirst();
    }

    private void refused(ConfigResource.Type type, String name, Errors error, String message) {
        DescribeConfigsResult result = ask(type, name, null);
        assertThat(Errors.forCode(result.errorCode())).isEqualTo(error);
        assertThat(result.errorMessage()).isEqualTo(message);
        assertThat(result.configs()).isEmpty();
    }

    @Test
    void topic_nullOrNoKeysAreAll_inEveryVersion() {
        world.topics.add("a", 1);
        for (short version : ApiKeys.DESCRIBE_CONFIGS.allVersions()) {
            assertThat(ask(ConfigResource.Type.TOPIC, "a", null, version).configs())
                    .as("version %d", version)
                    .extracting(DescribeConfigsResourceResult::name)
                    .containsExactlyInAnyOrderElementsOf(LogConfig.nonInternalConfigNames());
        }
        assertThat(ask(ConfigResource.Type.TOPIC, "a", List.of()).configs())
                .hasSameSizeAs(LogConfig.nonInternalConfigNames());
        assertThat(ask(ConfigResource.Type.TOPIC, "a", List.of("no.such.config"))
                        .configs())
                .isEmpty();
    }

    @Test
    void topic_ownValue() {
        world.topics.add("a", Map.of("max.message.bytes", "99"));

        DescribeConfigsResourceResult config = config(ConfigResource.Type.TOPIC, "a", "max.message.bytes");

        assertThat(config.value()).isEqualTo("99");
        assertThat(config.configSource()).isEqualTo(TOPIC_SOURCE);
        assertThat(config.configType()).isEqualTo(ConfigType.INT.id());
        assertThat(config.readOnly()).isFalse();
        assertThat(config.isSensitive()).isFalse();
        assertThat(config.documentation()).startsWith("The largest record batch size");
        assertThat(config.synonyms())
                .extracting(DescribeConfigsSynonym::name, DescribeConfigsSynonym::value, DescribeConfigsSynonym::source)
                .containsExactly(
                        tuple("max.message.bytes", "99", TOPIC_SOURCE),
                        tuple("message.max.bytes", "2000", STATIC_SOURCE),
                        tuple("message.max.bytes", "1048588", DEFAULT_SOURCE));
    }

    @Test
    void topic_valueOfTheBroker_byACoarserSynonym() {
        world.topics.add("a", 1);

        DescribeConfigsResourceResult config = config(ConfigResource.Type.TOPIC, "a", "retention.ms");

        assertThat(config.value()).isEqualTo("7200000");
        assertThat(config.configSource()).isEqualTo(STATIC_SOURCE);
        assertThat(config.synonyms())
                .extracting(DescribeConfigsSynonym::name, DescribeConfigsSynonym::value, DescribeConfigsSynonym::source)
                .containsExactly(
                        tuple("log.retention.hours", "2", STATIC_SOURCE),
                        tuple("log.retention.ms", "604800000", DEFAULT_SOURCE));
    }

    @Test
    void topic_default() {
        world.topics.add("a", 1);

        DescribeConfigsResourceResult config = config(ConfigResource.Type.TOPIC, "a", "segment.bytes");

        assertThat(config.value()).isEqualTo("1073741824");
        assertThat(config.configSource()).isEqualTo(DEFAULT_SOURCE);
        assertThat(config.synonyms())
                .extracting(DescribeConfigsSynonym::name, DescribeConfigsSynonym::source)
                .containsExactly(tuple("log.segment.bytes", DEFAULT_SOURCE));
        assertThat(config(ConfigResource.Type.TOPIC, "a", "remote.storage.enable")
                        .value())
                .isEqualTo("true");
    }

    @Test
    void topic_internalConfigs_areShownWhenSet() {
        world.topics.add("a", Map.of("internal.segment.bytes", "1000"));

        assertThat(config(ConfigResource.Type.TOPIC, "a", "internal.segment.bytes")
                        .value())
                .isEqualTo("1000");
    }

    @Test
    void topic_unknownOrBad() {
        refused(ConfigResource.Type.TOPIC, "b", Errors.UNKNOWN_TOPIC_OR_PARTITION, "there is no topic b");
        refused(
                ConfigResource.Type.TOPIC,
                "b c",
                Errors.INVALID_TOPIC_EXCEPTION,
                "Topic name is invalid: 'b c' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'");
    }

    @Test
    void broker_settingsGivenAndDefault_allReadOnly() {
        DescribeConfigsResourceResult given = config(ConfigResource.Type.BROKER, "1", "num.partitions");
        assertThat(given.value()).isEqualTo("3");
        assertThat(given.configSource()).isEqualTo(STATIC_SOURCE);
        assertThat(given.readOnly()).isTrue();
        assertThat(given.documentation()).isNotBlank();

        DescribeConfigsResourceResult unset = config(ConfigResource.Type.BROKER, "1", "log.retention.ms");
        assertThat(unset.value()).isNull();
        assertThat(unset.configSource()).isEqualTo(DEFAULT_SOURCE);
        assertThat(unset.synonyms())
                .extracting(DescribeConfigsSynonym::name, DescribeConfigsSynonym::value)
                .containsExactly(tuple("log.retention.hours", "2"), tuple("log.retention.hours", "168"));

        assertThat(ask(ConfigResource.Type.BROKER, "1", null).configs())
                .allSatisfy(config -> assertThat(config.readOnly()).isTrue());
        assertThat(config(ConfigResource.Type.BROKER, "1", "offsets.topic.num.partitions")
                        .value())
                .isEqualTo("8");
    }

    @Test
    void broker_whoItIs() {
        assertThat(config(ConfigResource.Type.BROKER, "1", "node.id").value()).isEqualTo("1");
        assertThat(config(ConfigResource.Type.BROKER, "1", "broker.rack").value())
                .isEqualTo("rack-a");
        assertThat(config(ConfigResource.Type.BROKER, "1", "advertised.listeners")
                        .value())
                .isEqualTo("PLAINTEXT://one.example:9092");
    }

    @Test
    void broker_otherOnes() {
        assertThat(ask(ConfigResource.Type.BROKER, "", null).configs()).isEmpty();
        refused(
                ConfigResource.Type.BROKER,
                "2",
                Errors.INVALID_REQUEST,
                "Unexpected broker id, expected 1 or empty string, but received 2");
        refused(ConfigResource.Type.BROKER, "x", Errors.INVALID_REQUEST, "Broker id must be an integer, but it is: x");
    }

    @Test
    void group() {
        world.groups.own.put("g", Map.of(AdminWorld.MemoryGroupConfigs.TIMEOUT, "60000"));

        DescribeConfigsResourceResult own =
                config(ConfigResource.Type.GROUP, "g", AdminWorld.MemoryGroupConfigs.TIMEOUT);
        assertThat(own.value()).isEqualTo("60000");
        assertThat(own.configSource()).isEqualTo(ConfigSource.GROUP_CONFIG.id());
        DescribeConfigsResourceResult other =
                config(ConfigResource.Type.GROUP, "other", AdminWorld.MemoryGroupConfigs.TIMEOUT);
        assertThat(other.value()).isEqualTo("50000");
        assertThat(other.configSource()).isEqualTo(DEFAULT_SOURCE);
        refused(ConfigResource.Type.GROUP, "", Errors.INVALID_REQUEST, "Group name must not be empty");
    }

    @Test
    void whatVarveHasNot() {
        refused(
                ConfigResource.Type.BROKER_LOGGER,
                "1",
                Errors.INVALID_REQUEST,
                "Unsupported resource type: BROKER_LOGGER");
        refused(
                ConfigResource.Type.CLIENT_METRICS,
                "m",
                Errors.INVALID_REQUEST,
                "Unsupported resource type: CLIENT_METRICS");
        refused(ConfigResource.Type.UNKNOWN, "u", Errors.INVALID_REQUEST, "Unexpected resource type 0 for resource u");
    }
}
