package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicConfigsTest {
    private final TopicConfigs configs =
            new TopicConfigs(new BrokerDefaults(Map.of("log.retention.minutes", "3", "log.segment.bytes", "2000000")));

    private static Topic topic(Map<String, String> own) {
        return new Topic("t", Uuid.randomUuid(), 1, (short) 1, own);
    }

    private void refused(Map<String, String> after, String message) {
        assertThatThrownBy(() -> configs.validate(Map.of(), after))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessage(message);
    }

    @Test
    void ownOverBrokersOverKafkas() {
        LogConfig effective = configs.effective(topic(Map.of("segment.bytes", "1500000")));

        assertThat(effective.segmentSize()).isEqualTo(1_500_000);
        assertThat(effective.retentionMs).isEqualTo(180_000);
        assertThat(effective.maxMessageSize()).isEqualTo(1_048_588);
        assertThat(effective.messageTimestampType).isEqualTo(TimestampType.CREATE_TIME);
        assertThat(effective.remoteStorageEnable()).isTrue();
        assertThat(effective.localRetentionMs()).isEqualTo(180_000);
    }

    @Test
    void topicsWithTheSameConfigs_shareOneObject() {
        assertThat(configs.effective(topic(Map.of("segment.ms", "5"))))
                .isSameAs(configs.effective(topic(Map.of("segment.ms", "5"))))
                .isNotSameAs(configs.effective(topic(Map.of("segment.ms", "6"))));
        assertThat(configs.effective(topic(Map.of()))).isSameAs(configs.effective(topic(Map.of())));
    }

    @Test
    void theCache_isBounded_andStaysRight() {
        for (int i = 1; i <= 3_000; i++) {
            assertThat(configs.effective(topic(Map.of("segment.ms", "" + i))).segmentMs)
                    .isEqualTo(i);
        }
    }

    @Test
    void storedConfigsThatCannotBeRead_doNotApply_theOthersDo() {
        LogConfig effective = configs.effective(
                topic(Map.of("retention.ms", "garbage", "segment.ms", "77", "of.a.newer.version", "x")));

        assertThat(effective.retentionMs).isEqualTo(180_000);
        assertThat(effective.segmentMs).isEqualTo(77);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "no.such.config|1|Unknown topic config name: no.such.config",
                "segment.bytes|1048575|Invalid value 1048575 for configuration segment.bytes: Value must be at least 1048576",
                "segment.bytes|2147483648|Invalid value 2147483648 for configuration segment.bytes: Not a number of type INT",
                "cleanup.policy|shred|Invalid value shred for configuration cleanup.policy: String must be one of: compact, delete",
                "min.insync.replicas|0|Invalid value 0 for configuration min.insync.replicas: Value must be at least 1",
                "message.timestamp.type|Never|Invalid value Never for configuration message.timestamp.type: String must be one of: CreateTime, LogAppendTime",
                "remote.storage.enable|perhaps|Invalid value perhaps for configuration remote.storage.enable: Expected value to be either true or false",
            })
    void oneByOne(String name, String value, String message) {
        assertThatThrownBy(() -> configs.validate(Map.of(), Map.of(name, value)))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void nulls_andValuesOfAnySize() {
        Map<String, String> nulls = new HashMap<>();
        nulls.put("segment.ms", null);
        nulls.put("retention.ms", null);
        refused(nulls, "Null value not supported for topic configs: retention.ms,segment.ms");
        refused(
                Map.of("leader.replication.throttled.replicas", "1:1,".repeat(8_192) + "1:1"),
                "The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.");
    }

    @Test
    void togetherTheyMustMakeSense() {
        assertThatThrownBy(() ->
                        configs.validate(Map.of(), Map.of("min.compaction.lag.ms", "10", "max.compaction.lag.ms", "5")))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessage("conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)");
    }

    @Test
    void localRetention_isWithinRetention() {
        refused(
                Map.of("local.retention.ms", "180001"),
                "Invalid value 180001 for configuration local.retention.ms: Value must not be more than retention.ms property value: 180000");
        refused(
                Map.of("local.retention.ms", "-1"),
                "Invalid value -1 for configuration local.retention.ms: Value must not be -1 as retention.ms value is set as 180000.");
        refused(
                Map.of("local.retention.bytes", "9", "retention.bytes", "8"),
                "Invalid value 9 for configuration local.retention.bytes: Value must not be more than retention.bytes property value: 8");
        for (Map<String, String> good : List.of(
                Map.of("local.retention.ms", "180000"),
                Map.of("local.retention.ms", "-2"),
                Map.of("local.retention.ms", "-1", "retention.ms", "-1"),
                Map.of("local.retention.bytes", "12345"))) {
            assertThatCode(() -> configs.validate(Map.of(), good))
                    .as(good.toString())
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void localRetentionOfTheBroker_doesNotKeepATopicFromAShorterRetention() {
        var broker = new TopicConfigs(new BrokerDefaults(Map.of("log.local.retention.ms", "60000")));

        assertThatCode(() -> broker.validate(Map.of(), Map.of("retention.ms", "1000")))
                .doesNotThrowAnyException();
    }

    @Test
    void tiering_cannotBeTurnedOff() {
        assertThatCode(() -> configs.validate(
                        Map.of(), Map.of("remote.storage.enable", "true", "cleanup.policy", "compact")))
                .doesNotThrowAnyException();
        refused(
                Map.of("remote.storage.enable", "false"),
                "Invalid value false for configuration remote.storage.enable: sealed segments always go to the object store; local.retention.ms and local.retention.bytes say how long the disk keeps a copy");
        refused(
                Map.of("remote.log.copy.disable", "true"),
                "Invalid value true for configuration remote.log.copy.disable: sealed segments always go to the object store");
    }
}
