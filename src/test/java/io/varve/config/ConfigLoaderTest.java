package io.varve.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.config.ConfigLoader.Mode;
import io.varve.config.VarveConfig.Checksums;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {

    private static final Map<String, String> REQUIRED = Map.of(
            "varve.cluster.id", "prod",
            "varve.broker.id", "7",
            "varve.data.dir", "/var/lib/varve",
            "varve.etcd.endpoints", "http://etcd-1:2379,http://etcd-2:2379",
            "varve.object-store.url", "s3://bucket/prefix");

    @TempDir
    Path dir;

    @Test
    void devNeedsNothingAndKeepsEverythingInItsDataDirectory() throws Exception {
        // Given nothing but a data directory
        var flags = Map.of("varve.data.dir", dir.toString());

        // When
        VarveConfig config = ConfigLoader.load(Mode.DEV, sources(flags, Map.of(), Map.of(), null));

        // Then
        assertThat(config.cluster().id()).isEqualTo("varve-dev");
        assertThat(config.broker().id()).isEqualTo(BrokerId.parse("1"));
        assertThat(config.kafka().listen()).isEqualTo(new HostPort("localhost", 9092));
        assertThat(config.http().host()).isEqualTo("localhost");
        assertThat(config.http().port()).isEqualTo(8080);
        assertThat(config.etcd().endpoints()).isEmpty();
        assertThat(config.objectStore().url()).hasScheme("file").hasPath(dir.resolve("objects") + pathEnd(config));
    }

    private static String pathEnd(VarveConfig config) {
        return config.objectStore().url().getPath().endsWith("/") ? "/" : "";
    }

    @Test
    void aBrokerHasTheDefaultsOfTheReferencePage() throws Exception {
        VarveConfig config = ConfigLoader.load(Mode.BROKER, sources(REQUIRED, Map.of(), Map.of(), null));

        assertThat(config.broker().rack()).isEmpty();
        assertThat(config.kafka().listen()).isEqualTo(new HostPort("0.0.0.0", 9092));
        assertThat(config.kafka().advertised()).isEmpty();
        assertThat(config.kafka().config()).isEmpty();
        assertThat(config.http().host()).isEqualTo("0.0.0.0");
        assertThat(config.http().port()).isEqualTo(8080);
        assertThat(config.data().throttleFreeBytes()).isEqualTo(2L << 30);
        assertThat(config.data().refuseFreeBytes()).isEqualTo(512L << 20);
        assertThat(config.log().journalFileBytes()).isEqualTo(64 << 20);
        assertThat(config.log().journalFiles()).isEqualTo(4);
        assertThat(config.log().maxOpenFiles()).isEqualTo(4096);
        assertThat(config.tier().offloadTargetBytes()).isEqualTo(64L << 20);
        assertThat(config.tier().offloadMaxWaitMillis()).isEqualTo(10_000);
        assertThat(config.tier().offloadParallel()).isEqualTo(4);
        assertThat(config.tier().chunkBytes()).isEqualTo(1 << 20);
        assertThat(config.tier().cacheMemoryBytes()).isEqualTo(64L << 20);
        assertThat(config.tier().cacheDiskBytes()).isEqualTo(1L << 30);
        assertThat(config.tier().readAheadChunks()).isEqualTo(4);
        assertThat(config.tier().sweeperIntervalMillis()).isEqualTo(3_600_000);
        assertThat(config.tier().sweeperGraceMillis()).isEqualTo(86_400_000);
        assertThat(config.objectStore().s3().endpoint()).isEmpty();
        assertThat(config.objectStore().s3().region()).isEqualTo("us-east-1");
        assertThat(config.objectStore().s3().pathStyle()).isFalse();
        assertThat(config.objectStore().s3().checksums()).isEqualTo(Checksums.WHEN_SUPPORTED);
        assertThat(config.objectStore().s3().accessKey()).isEmpty();
        assertThat(config.objectStore().s3().requestTimeoutMillis()).isEqualTo(30_000);
        assertThat(config.objectStore().s3().maxConnections()).isEqualTo(64);
        assertThat(config.etcd().prefix()).isEqualTo("/varve");
        assertThat(config.etcd().requestTimeoutMillis()).isEqualTo(5000);
        assertThat(config.etcd().leaseTtlMillis()).isEqualTo(3_000);
        assertThat(config.wire().inFlightBytes()).isEqualTo(128L << 20);
        assertThat(config.wire().inFlightRequestsPerConnection()).isEqualTo(64);
        assertThat(config.wire().maxConnections()).isEqualTo(20_000);
        assertThat(config.shutdown().timeoutMillis()).isEqualTo(60_000);
    }

    @Test
    void everyNameOfTheFileIsUnderstood() throws Exception {
        // Given the names that other people's scripts rely on
        Path file = Files.writeString(dir.resolve("broker.properties"), """
                varve.cluster.id=prod
                varve.broker.id=3
                varve.broker.rack=zone-a
                varve.kafka.listen=[::1]:19092
                varve.kafka.advertised=broker-3.example.org:9092
                varve.http.port=18080
                varve.data.dir=/data
                varve.etcd.endpoints=http://a:2379, http://b:2379
                varve.etcd.prefix=/other
                varve.object-store.url=s3://bucket/some/prefix
                varve.object-store.s3.endpoint=http://minio:9000
                varve.object-store.s3.region=eu-central-1
                varve.object-store.s3.path-style=true
                varve.object-store.s3.checksums=WHEN_REQUIRED
                varve.object-store.s3.access-key=me
                varve.object-store.s3.secret-key=hush
                varve.kafka.config."num.partitions"=3
                varve.kafka.config."log.retention.ms"=86400000
                """);

        VarveConfig config = ConfigLoader.load(Mode.BROKER, sources(Map.of(), Map.of(), Map.of(), file));

        assertThat(config.broker().id()).isEqualTo(BrokerId.parse("3"));
        assertThat(config.broker().rack()).contains("zone-a");
        assertThat(config.kafka().listen()).isEqualTo(new HostPort("::1", 19092));
        assertThat(config.kafka().advertised()).contains(new HostPort("broker-3.example.org", 9092));
        assertThat(config.http().port()).isEqualTo(18080);
        assertThat(config.data().dir()).isEqualTo(Path.of("/data"));
        assertThat(config.etcd().endpoints())
                .contains(List.of(URI.create("http://a:2379"), URI.create("http://b:2379")));
        assertThat(config.etcd().prefix()).isEqualTo("/other");
        assertThat(config.objectStore().url()).isEqualTo(URI.create("s3://bucket/some/prefix"));
        assertThat(config.objectStore().s3().endpoint()).contains(URI.create("http://minio:9000"));
        assertThat(config.objectStore().s3().region()).isEqualTo("eu-central-1");
        assertThat(config.objectStore().s3().pathStyle()).isTrue();
        assertThat(config.objectStore().s3().checksums()).isEqualTo(Checksums.WHEN_REQUIRED);
        assertThat(config.objectStore().s3().accessKey()).contains("me");
        assertThat(config.objectStore().s3().secretKey()).contains("hush");
        assertThat(config.kafka().config())
                .containsOnly(Map.entry("num.partitions", "3"), Map.entry("log.retention.ms", "86400000"));
    }

    @Test
    void theCommandLineWinsOverSystemPropertiesOverTheEnvironmentOverTheFile() throws Exception {
        Path file = Files.writeString(dir.resolve("broker.properties"), """
                varve.http.port=1
                varve.broker.rack=file
                varve.etcd.prefix=/file
                varve.cluster.id=file
                """);
        Map<String, String> environment =
                Map.of("VARVE_HTTP_PORT", "2", "VARVE_BROKER_RACK", "environment", "VARVE_ETCD_PREFIX", "/environment");
        Map<String, String> system = Map.of("varve.http.port", "3", "varve.broker.rack", "system");
        var flags = new HashMap<>(REQUIRED);
        flags.remove("varve.cluster.id");
        flags.put("varve.http.port", "4");

        VarveConfig config = ConfigLoader.load(Mode.BROKER, sources(flags, system, environment, file));

        assertThat(config.http().port()).isEqualTo(4);
        assertThat(config.broker().rack()).contains("system");
        assertThat(config.etcd().prefix()).isEqualTo("/environment");
        assertThat(config.cluster().id()).isEqualTo("file");
    }

    @Test
    void everySettingCanBeAnEnvironmentVariable() throws Exception {
        Map<String, String> environment = Map.ofEntries(
                Map.entry("VARVE_CLUSTER_ID", "prod"),
                Map.entry("VARVE_BROKER_ID", "7"),
                Map.entry("VARVE_DATA_DIR", "/data"),
                Map.entry("VARVE_ETCD_ENDPOINTS", "http://etcd:2379"),
                Map.entry("VARVE_OBJECT_STORE_URL", "s3://bucket"),
                Map.entry("VARVE_OBJECT_STORE_S3_PATH_STYLE", "true"),
                Map.entry("VARVE_LOG_JOURNAL_FILE_BYTES", "1048576"),
                Map.entry("VARVE_KAFKA_CONFIG__NUM_PARTITIONS_", "5"));

        VarveConfig config = ConfigLoader.load(Mode.BROKER, sources(Map.of(), Map.of(), environment, null));

        assertThat(config.broker().id()).isEqualTo(BrokerId.parse("7"));
        assertThat(config.objectStore().s3().pathStyle()).isTrue();
        assertThat(config.log().journalFileBytes()).isEqualTo(1 << 20);
        assertThat(config.kafka().config()).containsExactly(Map.entry("num.partitions", "5"));
    }

    @Test
    void environmentVariablesThatAreNoSettingAreLeftAlone() throws Exception {
        // Given the launcher's, the client commands' and those Kubernetes makes for a service called varve
        Map<String, String> environment = Map.of(
                "VARVE_JAVA_OPTS", "-Xmx1g", "VARVE_BOOTSTRAP", "b:9092", "VARVE_PORT_9092_TCP_ADDR", "10.0.0.1");

        VarveConfig config = ConfigLoader.load(Mode.BROKER, sources(REQUIRED, Map.of(), environment, null));

        assertThat(config.broker().id()).isEqualTo(BrokerId.parse("7"));
    }

    @Test
    void everythingThatIsMissingIsToldAtOnce() {
        List<String> problems = problems(Mode.BROKER, Map.of(), Map.of());

        assertThat(problems)
                .containsExactly(
                        "varve.cluster.id is required: set it in the file, or VARVE_CLUSTER_ID in the environment.",
                        "varve.data.dir is required: set it in the file, or VARVE_DATA_DIR in the environment.",
                        "varve.etcd.endpoints is required: set it in the file, or VARVE_ETCD_ENDPOINTS in the environment.",
                        "varve.object-store.url is required: set it in the file, or VARVE_OBJECT_STORE_URL in the environment.");
    }

    @Test
    void anUnknownNameIsRefusedWithWhatMayHaveBeenMeant() {
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.htp.port", "1")))
                .containsExactly("varve.htp.port is not a setting of Varve (did you mean varve.http.port?).");
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.kafka.config.num.partitions", "1")))
                .containsExactly("varve.kafka.config.num.partitions is not a setting of Varve: write"
                        + " varve.kafka.config.\"num.partitions\".");
    }

    @Test
    void aBadValueIsRefusedWithWhatIsExpected() {
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.http.port", "65536")))
                .containsExactly("varve.http.port=65536 (from the command line) is not a number from 0 to 65535.");
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.kafka.listen", "9092")))
                .containsExactly(
                        "varve.kafka.listen=9092 (from the command line) is not host:port, an IPv6 address in brackets.");
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.object-store.s3.path-style", "yes")))
                .containsExactly("varve.object-store.s3.path-style=yes (from the command line) is not true or false.");
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.object-store.s3.checksums", "never")))
                .containsExactly(
                        "varve.object-store.s3.checksums=never (from the command line) is not WHEN_SUPPORTED or WHEN_REQUIRED.");
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.object-store.url", "bucket/prefix")))
                .containsExactly(
                        "varve.object-store.url=bucket/prefix (from the command line) is not an address such as"
                                + " s3://bucket/prefix or file:///folder.");
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.object-store.url", "http://bucket/prefix")))
                .containsExactly(
                        "varve.object-store.url=http://bucket/prefix is not s3://bucket/prefix or file:///folder.");
    }

    @Test
    void kafkaSettingsAreCheckedAsKafkaDoes() {
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.kafka.config.\"num.partitons\"", "1")))
                .containsExactly("varve.kafka.config.\"num.partitons\" is not a setting of a Kafka broker.");
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.kafka.config.\"num.partitions\"", "0")))
                .singleElement()
                .asString()
                .startsWith("varve.kafka.config.\"num.partitions\" has a bad value: ")
                .contains("at least 1");
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.kafka.config.\"log.dirs\"", "/x")))
                .containsExactly("varve.kafka.config.\"log.dirs\" is set by varve.data.dir.");
    }

    @Test
    void settingsThatContradictEachOtherAreRefused() {
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.object-store.s3.access-key", "me")))
                .containsExactly(
                        "varve.object-store.s3.access-key and varve.object-store.s3.secret-key go together: set both or neither.");
        assertThat(problems(Mode.BROKER, REQUIRED, Map.of("varve.data.throttle-free-bytes", "1")))
                .singleElement()
                .asString()
                .startsWith("varve.data.refuse-free-bytes is more than varve.data.throttle-free-bytes");
    }

    @Test
    void aFileThatIsNotThereIsTold() {
        Path missing = dir.resolve("nowhere.properties");

        var failure = catchThrowableOfType(
                ConfigException.class,
                () -> ConfigLoader.load(Mode.BROKER, sources(REQUIRED, Map.of(), Map.of(), missing)));

        assertThat(failure.problems()).containsExactly("The configuration file " + missing + " does not exist.");
    }

    private static List<String> problems(Mode mode, Map<String, String> given, Map<String, String> more) {
        var flags = new HashMap<>(given);
        flags.putAll(more);
        var failure = catchThrowableOfType(
                ConfigException.class, () -> ConfigLoader.load(mode, sources(flags, Map.of(), Map.of(), null)));
        return failure.problems();
    }

    private static ConfigSources sources(
            Map<String, String> flags, Map<String, String> system, Map<String, String> environment, Path file) {
        return new ConfigSources(flags, system, environment, file, Map.of());
    }
}
