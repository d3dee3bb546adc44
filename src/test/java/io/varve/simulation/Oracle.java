package io.varve.simulation;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.StoredPartitionRecords;
import io.varve.metadata.Entry;
import io.varve.metadata.Lease;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Range;
import io.varve.metadata.Txn;
import io.varve.metadata.TxnResult;
import io.varve.metadata.Watch;
import io.varve.metadata.WatchListener;
import io.varve.tier.CacheSettings;
import io.varve.tier.CachedRemoteSegments;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Knows at any moment, and without a network, what the partition records say. */
final class Oracle {
    private final SimBroker.SimWorld world;
    private final StoredPartitionRecords records;

    Oracle(SimBroker.SimWorld world) {
        this.world = world;
        this.records = new StoredPartitionRecords(new View(world.etcd()));
    }

    Collection<PartitionRecord> all() {
        return records.all().values().stream()
                .map(io.varve.cluster.PartitionRecords.Versioned::record)
                .toList();
    }

    Optional<PartitionRecord> record(PartitionId id) {
        return records.getRecord(id);
    }

    /** Whether a disk may be lost without anything being lost that was safe: all that is there is on another disk or in the object store. */
    boolean isElsewhere(Member disk) {
        return all().stream()
                .flatMap(record -> Stream.concat(
                        record.sealed().stream().map(SealedSegment::ensemble),
                        Stream.ofNullable(record.open()).map(PartitionRecord.OpenSegment::ensemble)))
                .noneMatch(ensemble -> ensemble.equals(List.of(disk)));
    }

    /** Whether a record names the object. */
    boolean isNamed(String object) {
        return all().stream()
                .anyMatch(record -> record.offloaded().stream()
                                .anyMatch(segment -> segment.object().equals(object))
                        || record.pages().stream()
                                .anyMatch(page -> page.object().equals(object)));
    }

    /** Every object that a record or one of its pages names. Blocks. */
    Set<String> references(SimProcess process) {
        Set<String> named = new HashSet<>();
        try (CachedRemoteSegments remote = new CachedRemoteSegments(
                world.objects().client(),
                CacheSettings.defaults(1 << 20, 0),
                new SimDisk(world.simulator()).root(),
                process.time(),
                process.threads(),
                new SimpleMeterRegistry())) {
            for (PartitionRecord record : all()) {
                record.offloaded().forEach(segment -> named.add(segment.object()));
                record.pages().forEach(page -> {
                    named.add(page.object());
                    remote.page(page).forEach(segment -> named.add(segment.object()));
                });
            }
        }
        return named;
    }

    /** Reads only, at once. */
    private record View(SimEtcd etcd) implements MetadataStore {
        @Override
        public Optional<Entry> get(String key) {
            return etcd.get(key);
        }

        @Override
        public Range range(String prefix) {
            return etcd.range(prefix);
        }

        @Override
        public TxnResult commit(Txn txn) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Watch watch(String prefix, long afterRevision, WatchListener listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Lease grantLease(Duration timeToLive) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int maxOperations() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<String> problem() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }
}
