package io.varve.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.function.Supplier;

/**
 * Every metric Varve publishes: {@code docs/metrics.md} is generated from here. Constants are grouped by the part that owns them.
 * Never label a metric by anything unbounded (client id, group, topic).
 */
public enum Metric {
    // broker
    HEALTH_PROBLEM(
            Kind.GAUGE,
            "varve.health.problem",
            "parts",
            "1 while a part of the broker has a problem that makes it not ready, 0 else, by part. /health/ready says which it is."),
    HEALTH_WARNING(
            Kind.GAUGE,
            "varve.health.warning",
            "parts",
            "1 while a part has something to tell the operator that does not make the broker not ready, 0 else, by part."),
    CLOCK_SKEW(
            Kind.GAUGE,
            "varve.clock.skew",
            "seconds",
            "How far the clock of this machine is ahead of the object store's; negative when it is behind."),

    // wire
    CONNECTIONS(Kind.GAUGE, "varve.wire.connections", "connections", "Open Kafka client connections."),
    PAUSED_CONNECTIONS(
            Kind.GAUGE,
            "varve.wire.connections.paused",
            "connections",
            "Connections that are not read because they, or all together, have as many requests in flight as allowed."),
    REFUSED_CONNECTIONS(
            Kind.COUNTER, "varve.wire.connections.refused", "connections", "Connections refused for being too many."),
    BAD_FRAMES(
            Kind.COUNTER,
            "varve.wire.bad.frames",
            "frames",
            "Connections closed because of something that is not a Kafka request this broker can take."),
    REQUEST_BYTES(Kind.COUNTER, "varve.wire.request", "bytes", "Bytes of requests received."),
    RESPONSE_BYTES(Kind.COUNTER, "varve.wire.response", "bytes", "Bytes of responses handed to sockets."),
    REQUEST_FAILURES(
            Kind.COUNTER,
            "varve.wire.request.failures",
            "requests",
            "Requests by API that were answered with an error for all of it, because their handler failed."),
    REQUEST_BYTES_IN_FLIGHT(
            Kind.GAUGE,
            "varve.wire.request.in.flight",
            "bytes",
            "Bytes of requests that have no reply yet, and of large ones that are coming in."),
    REQUESTS(
            Kind.TIMER,
            "varve.wire.requests",
            "seconds",
            "Requests by API, from the last byte in to the reply; includes the time a fetch or an ack waits."),

    // replica: what is forwarded to other brokers
    FORWARDED_REQUESTS(
            Kind.COUNTER,
            "varve.forward.requests",
            "requests",
            "Requests, or parts of them, forwarded to the brokers that own what they are about, by outcome: answered, not-sent, unknown (the connection broke or the time was over), answer-dropped (clients had too much to take)."),
    FORWARDED_REQUEST_BYTES(Kind.COUNTER, "varve.forward.request", "bytes", "Bytes of requests sent to other brokers."),
    FORWARDED_RESPONSE_BYTES(Kind.COUNTER, "varve.forward.response", "bytes", "Bytes of responses of other brokers."),
    FORWARDED_RESPONSE_BYTES_IN_FLIGHT(
            Kind.GAUGE, "varve.forward.response.in.flight", "bytes", "Bytes of those that clients have not taken yet."),

    // log
    JOURNAL_COMMIT(
            Kind.TIMER,
            "varve.log.journal.commit",
            "seconds",
            "Time to write and sync one group of appends to the journal."),
    JOURNAL_GROUP_BYTES(Kind.SUMMARY, "varve.log.journal.group", "bytes", "Size of the groups written to the journal."),
    APPENDED_BYTES(Kind.COUNTER, "varve.log.appended", "bytes", "Bytes of record batches appended."),
    APPENDED_RECORDS(Kind.COUNTER, "varve.log.appended.records", "records", "Records appended."),
    REFUSED_APPENDS(
            Kind.COUNTER,
            "varve.log.refused.appends",
            "batches",
            "Batches refused because the disk was full or had failed."),
    READ_BYTES(
            Kind.COUNTER,
            "varve.log.read",
            "bytes",
            "Bytes of record batches read, by tier: hot from the local disk, cold from the object store or its cache."),
    FOLLOWER_READ_BYTES(
            Kind.COUNTER,
            "varve.log.follower.read",
            "bytes",
            "Bytes of record batches read here of partitions that another broker owns (KIP-392), by tier; part of varve.log.read."),
    SEGMENTS_SEALED(Kind.COUNTER, "varve.log.segments.sealed", "segments", "Segments sealed."),
    DISK_FREE_BYTES(Kind.GAUGE, "varve.log.disk.free", "bytes", "Free space of the data disk."),
    PARTITIONS_UNDER_REPLICATED(
            Kind.GAUGE,
            "varve.log.partitions.under.replicated",
            "partitions",
            "Partitions served here whose open segment is on fewer brokers than their topic's replication factor."),
    PARTITIONS_WITHOUT_OWNER(
            Kind.GAUGE,
            "varve.log.partitions.without.owner",
            "partitions",
            "Partitions of the cluster that no live broker can serve, as this broker sees it."),
    COPY_BYTES(
            Kind.COUNTER,
            "varve.log.copies",
            "bytes",
            "Bytes of record batches taken for owners that are other brokers."),
    MEMBERS_LOST(
            Kind.COUNTER,
            "varve.log.members.lost",
            "members",
            "Members that were left out of an ensemble of a partition served here: dead, slow, or they refused."),
    PARTITIONS_UNAVAILABLE(
            Kind.GAUGE,
            "varve.log.partitions.unavailable",
            "partitions",
            "Partitions this broker owns and cannot serve, e.g. because their unsealed tail was on a disk that is gone."),

    // group
    GROUP_COMMIT(
            Kind.TIMER,
            "varve.group.commit",
            "seconds",
            "Time to write one transaction of group state (offsets, members) to the metadata store."),
    GROUP_COMMIT_OPERATIONS(
            Kind.SUMMARY, "varve.group.commit.operations", "operations", "Keys changed by one such transaction."),
    GROUP_LOAD(Kind.TIMER, "varve.group.load", "seconds", "Time to load a coordinator shard from the metadata store."),
    GROUP_SHARDS_SERVING(
            Kind.GAUGE,
            "varve.group.shards.serving",
            "shards",
            "Coordinator shards that this broker has loaded and serves."),
    GROUP_RELOADS(
            Kind.COUNTER,
            "varve.group.reloads",
            "reloads",
            "Times a coordinator shard was given up because a write or a load failed, or another broker took it over."),
    GROUP_REFUSED_CHANGES(
            Kind.COUNTER,
            "varve.group.refused.changes",
            "changes",
            "Changes of groups refused because too much waited for the metadata store, or because they were too large for it."),

    // tier
    TIER_UPLOAD_BYTES(
            Kind.COUNTER, "varve.tier.upload.bytes", "bytes", "Bytes of data objects the store has confirmed."),
    TIER_UPLOAD_OBJECTS(Kind.COUNTER, "varve.tier.upload.objects", "objects", "Data objects the store has confirmed."),
    TIER_UPLOAD_FAILURES(
            Kind.COUNTER,
            "varve.tier.upload.failures",
            "failures",
            "Uploads and references that failed and are tried again, by cause."),
    TIER_UPLOAD_TIME(Kind.TIMER, "varve.tier.upload.time", "seconds", "Time to upload one data object."),
    TIER_WAITING_SEGMENTS(
            Kind.GAUGE,
            "varve.tier.waiting.segments",
            "segments",
            "Sealed segments that are not referenced in the object store yet."),
    TIER_WAITING_BYTES(Kind.GAUGE, "varve.tier.waiting.bytes", "bytes", "Bytes of those segments."),
    TIER_WAITING_SECONDS(
            Kind.GAUGE, "varve.tier.waiting.oldest", "seconds", "How long the oldest of those segments has waited."),
    TIER_CACHE_READS(
            Kind.COUNTER,
            "varve.tier.cache.reads",
            "chunks",
            "Chunks that readers asked for, by where they were found: memory, disk, flight or store."),
    TIER_CACHE_MEMORY_BYTES(Kind.GAUGE, "varve.tier.cache.memory", "bytes", "Bytes of chunks held in memory."),
    TIER_CACHE_DISK_BYTES(Kind.GAUGE, "varve.tier.cache.disk", "bytes", "Bytes of chunks held on the local disk."),
    TIER_CACHE_DISK_FAILURES(
            Kind.COUNTER,
            "varve.tier.cache.disk.failures",
            "failures",
            "Chunks the local disk failed to keep or gave back damaged."),
    TIER_READ_BYTES(Kind.COUNTER, "varve.tier.read.bytes", "bytes", "Bytes read from the object store for readers."),
    TIER_READ_REQUESTS(
            Kind.COUNTER, "varve.tier.read.requests", "requests", "Ranged reads sent to the object store for readers."),
    TIER_READ_AHEAD_CHUNKS(
            Kind.COUNTER, "varve.tier.read.ahead", "chunks", "Chunks read ahead of a sequential reader."),
    TIER_SWEEP_DELETED(Kind.COUNTER, "varve.tier.sweep.deleted", "objects", "Unreferenced objects deleted."),
    TIER_SWEEP_DELETED_BYTES(Kind.COUNTER, "varve.tier.sweep.deleted.bytes", "bytes", "Bytes of those objects."),
    TIER_SWEEP_STOPPED(
            Kind.COUNTER, "varve.tier.sweep.stopped", "passes", "Sweeper passes that stopped rather than guess."),
    TIER_SWEEP_SUSPECTS(
            Kind.GAUGE, "varve.tier.sweep.suspects", "objects", "Old objects that the last pass saw unreferenced."),
    ;

    /** How a metric behaves over time. */
    public enum Kind {
        COUNTER,
        GAUGE,
        TIMER,
        SUMMARY
    }

    private final Kind kind;
    private final String id;
    private final String unit;
    private final String description;

    Metric(Kind kind, String id, String unit, String description) {
        this.kind = kind;
        this.id = id;
        this.unit = unit;
        this.description = description;
    }

    public Kind kind() {
        return kind;
    }

    /** The Micrometer name; Prometheus shows it with underscores and the usual suffixes. */
    public String id() {
        return id;
    }

    public String unit() {
        return unit;
    }

    public String description() {
        return description;
    }

    /** @param tags key, value, key, value, ... */
    public Counter counter(MeterRegistry registry, String... tags) {
        return Counter.builder(id)
                .baseUnit(unit)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    /** Publishes {@code value}, read whenever somebody looks. */
    public void gauge(MeterRegistry registry, Supplier<Number> value, String... tags) {
        Gauge.builder(id, value)
                .baseUnit(unit)
                .description(description)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    /** @param tags key, value, key, value, ... */
    public Timer timer(MeterRegistry registry, String... tags) {
        return Timer.builder(id).description(description).tags(tags).register(registry);
    }

    /** @param tags key, value, key, value, ... */
    public DistributionSummary summary(MeterRegistry registry, String... tags) {
        return DistributionSummary.builder(id)
                .baseUnit(unit)
                .description(description)
                .tags(tags)
                .register(registry);
    }
}
