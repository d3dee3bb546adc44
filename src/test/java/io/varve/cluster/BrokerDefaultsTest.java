package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BrokerDefaultsTest {
    private static void refused(Map<String, String> settings, String... words) {
        assertThatThrownBy(() -> new BrokerDefaults(settings))
                .isInstanceOf(ClusterException.class)
                .message()
                .startsWith("varve.kafka.config: ")
                .contains(words);
    }

    @Test
    void kafkasDefaults_whereNothingIsSaid() {
        var defaults = new BrokerDefaults(Map.of());

        assertThat(defaults.intValue("num.partitions")).isEqualTo(1);
        assertThat(defaults.intValue("default.replication.factor")).isEqualTo(1);
        assertThat(defaults.booleanValue("auto.create.topics.enable")).isTrue();
        assertThat(defaults.booleanValue("delete.topic.enable")).isTrue();
        assertThat(defaults.longValue("connections.max.idle.ms")).isEqualTo(600_000);
        assertThat(defaults.value("group.consumer.assignors")).isEqualTo("uniform,range");
        assertThat(defaults.value("log.retention.ms")).isNull();
        assertThat(defaults.topicDefaults()).isEmpty();
    }

    @Test
    void ownDefaults_areExactlyThese() {
        assertThat(BrokerSettings.OWN_DEFAULTS).containsOnlyKeys("offsets.topic.num.partitions");
        assertThat(BrokerSettings.WHY_OWN_DEFAULT.keySet()).isEqualTo(BrokerSettings.OWN_DEFAULTS.keySet());
        assertThat(new BrokerDefaults(Map.of()).intValue("offsets.topic.num.partitions"))
                .isEqualTo(8);
        assertThat(new BrokerDefaults(Map.of("offsets.topic.num.partitions", "50")).effective())
                .containsEntry("offsets.topic.num.partitions", "50");
    }

    @Test
    void everyHonouredSetting_isOneOfKafkas() {
        assertThat(AbstractKafkaConfig.CONFIG_DEF.names()).containsAll(BrokerDefaults.honoured());
    }

    @Test
    void givenValues() {
        var defaults = new BrokerDefaults(Map.of("num.partitions", "7"));

        assertThat(defaults.intValue("num.partitions")).isEqualTo(7);
        assertThat(defaults.isGiven("num.partitions")).isTrue();
        assertThat(defaults.isGiven("delete.topic.enable")).isFalse();
        assertThat(defaults.given()).isEqualTo(Map.of("num.partitions", "7"));
    }

    @ParameterizedTest
    @CsvSource({
        "log.retention.ms,5000,retention.ms,5000",
        "log.retention.minutes,2,retention.ms,120000",
        "log.retention.hours,3,retention.ms,10800000",
        "log.retention.hours,-1,retention.ms,-1",
        "log.retention.bytes,77,retention.bytes,77",
        "log.local.retention.bytes,66,local.retention.bytes,66",
        "log.roll.hours,1,segment.ms,3600000",
        "log.roll.jitter.hours,1,segment.jitter.ms,3600000",
        "log.segment.bytes,2000000,segment.bytes,2000000",
        "message.max.bytes,1000,max.message.bytes,1000",
        "compression.type,lz4,compression.type,lz4",
        "log.message.timestamp.type,LogAppendTime,message.timestamp.type,LogAppendTime",
        "log.cleanup.policy,compact,cleanup.policy,compact",
        "log.flush.scheduler.interval.ms,9,flush.ms,9",
        "min.insync.replicas,2,min.insync.replicas,2",
        "unclean.leader.election.enable,true,unclean.leader.election.enable,true",
    })
    void synonymsOfTopicConfigs(String setting, String value, String topicConfig, String expected) {
        assertThat(new BrokerDefaults(Map.of(setting, value)).topicDefaults()).isEqualTo(Map.of(topicConfig, expected));
    }

    @Test
    void theMostPreciseSynonymCounts() {
        assertThat(new BrokerDefaults(Map.of("log.retention.hours", "1", "log.retention.ms", "5")).topicDefaults())
                .isEqualTo(Map.of("retention.ms", "5"));
    }

    @Test
    void unknownNames() {
        refused(Map.of("num.partitons", "1"), "\"num.partitons\" is not a setting of a Kafka broker");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "sasl.enabled.mechanisms|security is not served yet",
                "transaction.max.timeout.ms|transactions are not served yet",
                "group.share.max.size|share groups are not served yet",
                "num.io.threads|threads and buffers are sized by Varve itself",
                "controller.quorum.voters|metadata is kept in etcd",
                "remote.log.storage.system.enable|tiering is Varve's own",
                "log.cleaner.threads|topics are not compacted yet",
                "create.topic.policy.class.name|no classes of the operator's are loaded",
                "log.dirs|is set by varve.data.dir",
                "offsets.topic.replication.factor|committed offsets are kept in the metadata store",
            })
    void settingsWithoutEffect_areRefusedWithTheReason(String name, String words) {
        refused(Map.of(name, "1"), "\"" + name + "\" ", words, "docs/kafka-settings.md");
    }

    @ParameterizedTest
    @ValueSource(strings = {"num.partitions", "message.max.bytes", "log.retention.ms", "group.max.size"})
    void badValues(String name) {
        refused(Map.of(name, "many"), "Invalid value many for configuration " + name + ": Not a number of type");
    }

    @Test
    void valuesOutOfBounds_sayWhatIsAllowed() {
        refused(
                Map.of("num.partitions", "0"),
                "Invalid value 0 for configuration num.partitions: Value must be at least 1");
        refused(
                Map.of("default.replication.factor", "0"),
                "Invalid value 0 for configuration default.replication.factor: Value must be at least 1");
        refused(
                Map.of("compression.type", "rar"),
                "Invalid value rar for configuration compression.type: String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer");
    }

    @Test
    void allProblemsAtOnce() {
        refused(
                Map.of("num.partitons", "1", "num.partitions", "0", "log.dirs", "/x"),
                "\"num.partitons\"",
                "configuration num.partitions",
                "\"log.dirs\"");
    }

    @Test
    void settingsThatContradictEachOther() {
        refused(
                Map.of("log.local.retention.ms", "10", "log.retention.ms", "5"),
                "as defaults of topics: Invalid value 10 for configuration local.retention.ms");
        refused(
                Map.of("group.consumer.min.session.timeout.ms", "60000", "group.consumer.session.timeout.ms", "50000"),
                "group.consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms");
    }
}
