package io.varve.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of a broker. Immutable once loaded by {@link ConfigLoader}. Names are part of Varve's interface: they are not changed,
 * only added to.
 */
@ConfigMapping(prefix = "varve")
public interface VarveConfig {

    Cluster cluster();

    Broker broker();

    Kafka kafka();

    OneAddress oneAddress();

    Internal internal();

    Replica replica();

    Placer placer();

    Http http();

    Data data();

    Log log();

    Tier tier();

    ObjectStore objectStore();

    Etcd etcd();

    Wire wire();

    Shutdown shutdown();

    /** Which cluster this is. */
    interface Cluster {
        @Setting("""
                The cluster's id: the same on every broker of the cluster and never changed. Clients see it as Kafka's cluster id.""")
        String id();
    }

    /** Which broker this is. */
    interface Broker {
        @Setting("""
                The broker's id: a number, unique in the cluster and kept for the life of its data directory. `auto`: the lowest that nobody has had yet, \
                which is remembered in the data directory.""")
        @WithDefault("auto")
        BrokerId id();

        @Setting(
                "The failure domain (rack, availability zone) this broker is in; copies are spread over racks, and consumers with the same client.rack read here.")
        Optional<String> rack();
    }

    /** The Kafka side. */
    interface Kafka {
        @Setting("Address and port that Kafka clients connect to; port 0 takes a free one.")
        @WithDefault("0.0.0.0:9092")
        HostPort listen();

        @Setting("""
                Address and port that clients are told to connect to. Without it: the listen address, or the machine's own name when that is \
                a wildcard.""")
        Optional<HostPort> advertised();

        @Setting("""
                Broker settings that Kafka has, under Kafka's own names, for example `varve.kafka.config."num.partitions"=3`. \
                Names and values are checked as Kafka checks them.""")
        Map<String, String> config();
    }

    /** The whole cluster behind one address. */
    interface OneAddress {
        @Setting("""
                Address and port of a second listener for Kafka clients, on which this broker answers for the whole cluster and forwards what other \
                brokers own; for clients that come through a load balancer or a Kubernetes service. Without it there is no such listener. Set together \
                with `varve.one-address.advertised`.""")
        Optional<HostPort> listen();

        @Setting("""
                Address and port that clients of that listener are told to connect to: those of what is in front of the brokers, the same on every \
                broker.""")
        Optional<HostPort> advertised();
    }

    /** What brokers have to say to one another. */
    interface Internal {
        @Setting(
                "Address and port that the other brokers connect to; port 0 takes a free one, which is what `dev` does, on the loopback.")
        @WithDefault("0.0.0.0:9094")
        HostPort listen();

        @Setting("""
                Address and port that the other brokers are told to connect to. Without it: the listen address, or the machine's own name when \
                that is a wildcard.""")
        Optional<HostPort> advertised();

        @Setting(value = """
                        What all brokers of the cluster share, so that nobody else can pass for one: at least 16 characters. Without it they use one \
                        that the first of them made and that is kept in etcd.""", secret = true)
        Optional<String> secret();
    }

    /** Copies of open segments on other brokers. */
    interface Replica {
        @Setting(value = """
                        How long a member of an ensemble may take to acknowledge before it is left out. Producers with `acks=all` wait no longer than \
                        this, and a quarter of it, for a member that is dead or slow.""", unit = "ms", min = 100, max = 60_000)
        @WithName("timeout-ms")
        @WithDefault("2000")
        int timeoutMillis();
    }

    /** Spreading partitions over the brokers. */
    interface Placer {
        @Setting("""
                Whether this broker may be elected to spread partitions over the brokers. Without any such broker, assignments are made when topics are \
                created and changed by hand only.""")
        @WithDefault("true")
        boolean enabled();

        @Setting(
                value =
                        "How often the placer looks at the cluster, and how often the others look whether there is one.",
                unit = "ms",
                min = 100,
                max = 3_600_000)
        @WithName("interval-ms")
        @WithDefault("10000")
        long intervalMillis();

        @Setting(value = """
                        How long a broker has to be away before its partitions are assigned to others; 0 for never. Others own them meanwhile anyway: \
                        this decides when it is not expected back.""", unit = "ms", min = 0, max = 604_800_000)
        @WithName("gone-after-ms")
        @WithDefault("600000")
        long goneAfterMillis();

        @Setting(value = """
                        How many partitions may be on their way to other brokers at a time; the placer moves no more before they have arrived.""", unit = "partitions", min = 1, max = 1000)
        @WithDefault("10")
        int parallelMoves();
    }

    /** REST, health and metrics. */
    interface Http {
        @Setting("Address that the HTTP server listens on.")
        @WithDefault("0.0.0.0")
        String host();

        @Setting(value = "Port of the HTTP server; 0 takes a free one.", min = 0, max = 65_535)
        @WithDefault("8080")
        int port();
    }

    /** The local disk. */
    interface Data {
        @Setting(
                "Directory of everything this broker keeps on its local disk. One broker process at a time may use it.")
        Path dir();

        @Setting(
                value =
                        "With less free space than this on the data disk, producers are slowed down (Kafka's throttle time).",
                unit = "bytes",
                min = 0)
        @WithDefault("2147483648")
        long throttleFreeBytes();

        @Setting(value = """
                        With less free space than this on the data disk, produce is refused with a retriable error; reads go on. \
                        Not more than `varve.data.throttle-free-bytes`.""", unit = "bytes", min = 0)
        @WithDefault("536870912")
        long refuseFreeBytes();
    }

    /** Segments on the local disk. */
    interface Log {
        @Setting(
                value = "Size of one journal file; a full one is followed by the next.",
                unit = "bytes",
                min = 1 << 20,
                max = 1 << 30)
        @WithName("journal.file-bytes")
        @WithDefault("67108864")
        int journalFileBytes();

        @Setting(value = """
                        How many journal files there are. Together with their size this bounds the time a start after a crash takes. \
                        They are allocated up front.""", unit = "files", min = 2, max = 1024)
        @WithName("journal.files")
        @WithDefault("4")
        int journalFiles();

        @Setting(
                value = "How many segment files may be open at a time; the least recently used ones are closed.",
                unit = "files",
                min = 64,
                max = 1_000_000)
        @WithDefault("4096")
        int maxOpenFiles();
    }

    /** Sealed segments on their way to the object store and back. */
    interface Tier {
        @Setting(
                value = "Small sealed segments are put together until a data object has about this size.",
                unit = "bytes",
                min = 1 << 16,
                max = 1L << 32)
        @WithName("offload.target-bytes")
        @WithDefault("67108864")
        long offloadTargetBytes();

        @Setting(
                value = "How long a sealed segment waits for company before it is offloaded by itself.",
                unit = "ms",
                min = 0,
                max = 86_400_000)
        @WithName("offload.max-wait-ms")
        @WithDefault("10000")
        long offloadMaxWaitMillis();

        @Setting(value = "How many data objects are uploaded at a time.", unit = "uploads", min = 1, max = 256)
        @WithName("offload.parallel")
        @WithDefault("4")
        int offloadParallel();

        @Setting(
                value = "Size of the ranges that offloaded data is read and cached in.",
                unit = "bytes",
                min = 1 << 16,
                max = 1 << 26)
        @WithDefault("1048576")
        int chunkBytes();

        @Setting(value = "Memory for chunks of offloaded data.", unit = "bytes", min = 1 << 20)
        @WithName("cache.memory-bytes")
        @WithDefault("67108864")
        long cacheMemoryBytes();

        @Setting(
                value = "Local disk for chunks of offloaded data; 0 keeps them in memory only.",
                unit = "bytes",
                min = 0)
        @WithName("cache.disk-bytes")
        @WithDefault("1073741824")
        long cacheDiskBytes();

        @Setting(
                value = "How many chunks are read ahead for a consumer that reads in order; 0 turns it off.",
                unit = "chunks",
                min = 0,
                max = 64)
        @WithDefault("4")
        int readAheadChunks();

        @Setting(value = "How often objects that nothing references are looked for.", unit = "ms", min = 1000)
        @WithName("sweeper.interval-ms")
        @WithDefault("3600000")
        long sweeperIntervalMillis();

        @Setting(value = """
                        How long nothing must have referenced an object before it is deleted. Keep it above the longest pause of a broker \
                        that you want to survive, and above the clock difference between brokers and the store.""", unit = "ms", min = 1000)
        @WithName("sweeper.grace-ms")
        @WithDefault("86400000")
        long sweeperGraceMillis();
    }

    /** Where sealed segments go. */
    interface ObjectStore {
        @Setting("Where sealed segments go: `s3://bucket/prefix` or `file:///folder`.")
        URI url();

        S3 s3();
    }

    /** How to reach the bucket. */
    interface S3 {
        @Setting("Endpoint of an S3-compatible store, for example `http://minio:9000`; without it: AWS.")
        Optional<URI> endpoint();

        @Setting("The region the bucket is in; S3-compatible stores mostly take any.")
        @WithDefault("us-east-1")
        String region();

        @Setting(
                "Whether the bucket's name goes into the path instead of the host name, as most S3-compatible stores want it.")
        @WithDefault("false")
        boolean pathStyle();

        @Setting("""
                Checksums of the SDK on requests and responses: `WHEN_SUPPORTED`, or `WHEN_REQUIRED` for stores that reject the former. \
                Varve's own checksums are always there.""")
        @WithDefault("WHEN_SUPPORTED")
        Checksums checksums();

        @Setting(
                "Access key; set together with the secret key. Without both: the AWS SDK's default chain (environment, profile, container, instance).")
        Optional<String> accessKey();

        @Setting(value = "Secret key that goes with the access key.", secret = true)
        Optional<String> secretKey();

        @Setting(
                value = "How long one request may take, plus a second for every 512 KiB that are sent.",
                unit = "ms",
                min = 100,
                max = 600_000)
        @WithName("request-timeout-ms")
        @WithDefault("30000")
        int requestTimeoutMillis();

        @Setting(value = "Connections to the store that are open at a time.", unit = "connections", min = 1, max = 4096)
        @WithDefault("64")
        int maxConnections();
    }

    /** When the SDK adds checksums. */
    enum Checksums {
        WHEN_SUPPORTED,
        WHEN_REQUIRED
    }

    /** Where metadata is. */
    interface Etcd {
        @Setting(
                value =
                        "Comma-separated addresses of etcd, for example `http://etcd-1:2379,http://etcd-2:2379`. `dev` keeps metadata in its data directory instead.",
                requiredByBroker = true)
        Optional<List<URI>> endpoints();

        @Setting("Put before every key, so that several clusters can share an etcd.")
        @WithDefault("/varve")
        String prefix();

        @Setting(value = "How long one request to etcd may take.", unit = "ms", min = 100, max = 120_000)
        @WithName("request-timeout-ms")
        @WithDefault("5000")
        int requestTimeoutMillis();

        @Setting(
                value =
                        "How long after a broker falls silent the others may take its partitions over. Shorter notices sooner, and mistakes pauses for deaths more often.",
                unit = "ms",
                min = 1000,
                max = 300_000)
        @WithName("lease-ttl-ms")
        @WithDefault("3000")
        int leaseTtlMillis();
    }

    /** Kafka connections. */
    interface Wire {
        @Setting(
                value =
                        "Memory for requests that were read but not answered yet, over all connections; when it is used up, sockets are not read.",
                unit = "bytes",
                min = 1 << 20)
        @WithDefault("134217728")
        long inFlightBytes();

        @Setting(
                value = "Requests of one connection that are worked on at a time.",
                unit = "requests",
                min = 1,
                max = 1024)
        @WithDefault("64")
        int inFlightRequestsPerConnection();

        @Setting(value = "Kafka connections that may be open; more are closed at once.", unit = "connections", min = 1)
        @WithDefault("20000")
        int maxConnections();
    }

    /** A planned stop. */
    interface Shutdown {
        @Setting(value = """
                        How long a planned stop (SIGTERM) may take to seal and offload what only this broker has. What is not offloaded by then stays \
                        on its disk. Whoever stops the process (systemd, Kubernetes) must wait a little longer than this.""", unit = "ms", min = 0, max = 3_600_000)
        @WithName("timeout-ms")
        @WithDefault("60000")
        long timeoutMillis();
    }
}
