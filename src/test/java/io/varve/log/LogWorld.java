package io.varve.log;

import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.BrokerDefaults;
import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.InternalAddress;
import io.varve.cluster.LiveBrokers;
import io.varve.cluster.Owners;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionMap;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.StoredPartitionRecords;
import io.varve.cluster.StoredTopicRegistry;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicConfigs;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Entry;
import io.varve.metadata.Txn;
import io.varve.replica.CopyEnd;
import io.varve.replica.CopyHost;
import io.varve.replica.ReplicaException;
import io.varve.replica.Replicator;
import io.varve.replica.SegmentCopy;
import io.varve.replica.SegmentId;
import io.varve.tier.CacheSettings;
import io.varve.tier.CachedRemoteSegments;
import io.varve.tier.FolderObjectStore;
import io.varve.tier.ManifestPages;
import io.varve.tier.ObjectNames;
import io.varve.tier.OffloadSettings;
import io.varve.tier.Offloader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.awaitility.core.ConditionFactory;

/**
 * A broker's log with everything below it, all of it real: the embedded metadata store, a folder as object store, the offloader. Can
 * be crashed: {@link #crash} makes another world of what lies on the disk at that moment.
 */
final class LogWorld implements AutoCloseable {
    static final Member SELF = new Member(1, "disk-1");

    final Path directory;
    final Path data;
    final ShiftedTime time = new ShiftedTime();
    final AtomicBoolean leaseHeld = new AtomicBoolean(true);
    final EmbeddedStore store;
    final StoredTopicRegistry topics;
    final FaultyRecords records;
    final Partitions partitions;
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Offloader offloader;
    final Executor blocking = task -> Thread.ofVirtual().start(task);
    final DiskSpace disk;
    final Owners owners;
    private final LiveBrokers brokers;
    private final PartitionMap map;
    private final FolderObjectStore objects;
    private final CachedRemoteSegments remote;
    private final boolean isStoreShared;

    /** How big the journal is. */
    record Ring(int fileBytes, int files) {
        static final Ring LARGE = new Ring(8 << 20, 2);
    }

    /** A broker's place in a cluster whose brokers share a metadata store and an object store. */
    record Place(
            Member self,
            EmbeddedStore store,
            Path objects,
            Replicator replicator,
            Consumer<CopyHost> serve,
            Uuid boot) {

        /** What this broker says of itself while it is registered. */
        Announcement announcement() {
            return new Announcement(
                    self.broker(),
                    "incarnation",
                    "host",
                    9092,
                    null,
                    null,
                    null,
                    self.disk(),
                    new InternalAddress("host", 9093));
        }
    }

    /** For a broker that is alone. */
    private static final class NoOthers implements Replicator {
        @Override
        public SegmentCopy open(Member member, SegmentId segment, byte[] states, SegmentCopy.Listener listener) {
            throw new AssertionError("there is nobody else");
        }

        @Override
        public Optional<CopyEnd> fence(Member member, SegmentId segment, int epoch) {
            throw new ReplicaException("there is nobody else");
        }
    }

    /** Opens what is in {@code directory}; nothing is uploaded unless {@code uploads}. */
    LogWorld(Path directory, Ring ring, boolean uploads) {
        this(
                directory,
                ring,
                uploads,
                new Place(
                        SELF,
                        EmbeddedStore.open(directory.resolve("metadata")),
                        directory.resolve("objects"),
                        new NoOthers(),
                        copies -> {},
                        Boot.id()),
                false);
    }

    /** Opens a broker of a cluster. */
    LogWorld(Path directory, boolean uploads, Place place) {
        this(directory, Ring.LARGE, uploads, place, true);
    }

    private LogWorld(Path directory, Ring ring, boolean uploads, Place place, boolean isStoreShared) {
        this.directory = directory;
        this.data = directory.resolve("data");
        this.isStoreShared = isStoreShared;
        store = place.store();
        topics = new StoredTopicRegistry(store);
        brokers = new LiveBrokers(store, "cluster", place.announcement());
        map = new PartitionMap(store);
        records = new FaultyRecords(new StoredPartitionRecords(store));
        objects = new FolderObjectStore(place.objects());
        TopicConfigs configs = new TopicConfigs(new BrokerDefaults(Map.of()));
        owners = new Owners(topics, map, brokers, topic -> configs.effective(topic).uncleanLeaderElectionEnable);
        ThreadFactory threads = Thread.ofVirtual().factory();
        Random random = new Random(1);
        ObjectNames names = new ObjectNames(time, random);
        remote = new CachedRemoteSegments(
                objects, CacheSettings.defaults(16 << 20, 0), directory.resolve("cache"), time, threads, meters);
        OffloadSettings settings =
                OffloadSettings.defaults(Duration.ofHours(1)).withTargetBytes(1).withMaxWait(Duration.ofMillis(1));
        offloader = new Offloader(objects, names, settings, time, random, threads, meters);
        if (uploads) {
            offloader.start();
        }
        try {
            Files.createDirectories(data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        disk = new DiskSpace(data, 0, 0, meters);
        partitions = Partitions.open(
                new LogSettings(
                        data,
                        ring.fileBytes(),
                        ring.files(),
                        100,
                        TimeUnit.DAYS.toMillis(1),
                        TimeUnit.MINUTES.toMillis(5)),
                place.self(),
                topics,
                new Partitions.Dependencies(
                        time,
                        place.boot(),
                        leaseHeld::get,
                        blocking,
                        records,
                        owners,
                        place.replicator(),
                        place.serve(),
                        remote,
                        new ManifestPages(
                                objects, names, ManifestPages.DEFAULT_INLINE, settings.referenceWithin(), time),
                        offloader::submit,
                        offloader::withdraw,
                        configs::effective,
                        disk,
                        Thread.ofPlatform().factory(),
                        random,
                        meters));
    }

    static LogWorld open(Path directory) {
        return new LogWorld(directory, Ring.LARGE, false);
    }

    static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(2));
    }

    /** Creates a topic of one partition. */
    Partition create(String name, Map<String, String> configs) {
        Topic topic = topics.create(name, 1, (short) 1, configs);
        return partition(topic);
    }

    Partition create(String name) {
        return create(name, Map.of());
    }

    private Partition partition(Topic topic) {
        AtomicReference<Partition> found = new AtomicReference<>();
        soon().until(() -> {
            found.set(partitions.find(new PartitionId(topic.id(), 0)));
            return found.get() != null;
        });
        return found.get();
    }

    Partition partition(String name) {
        return partition(topics.byName(name).orElseThrow());
    }

    /** Appends and waits until it is safe; returns the base offset. */
    static long append(Partition partition, ByteBuffer batch) throws Exception {
        Partition.Appended appended = partition.append(batch, new Hold(), true);
        appended.safe().get(30, TimeUnit.SECONDS);
        return appended.baseOffset();
    }

    PartitionRecord record(Partition partition) {
        return records.get(partition.id()).orElseThrow().record();
    }

    Path log(Partition partition, long baseOffset) {
        return new SegmentFiles(data).log(partition.id(), baseOffset);
    }

    /** All bytes that may be read of a partition from {@code offset} on. */
    static ByteBuffer read(Partition partition, long offset) throws IOException {
        List<ByteBuffer> parts = new ArrayList<>();
        int total = 0;
        long next = offset;
        while (next < partition.highWatermark()) {
            ByteBuffer part = bytes(partition.reader().read(next, 1 << 20, true));
            int whole = 0;
            while (part.remaining() - whole >= Batch.HEADER_BYTES
                    && new Batch(part, whole).sizeInBytes() <= part.remaining() - whole) {
                Batch batch = new Batch(part, whole);
                next = batch.endOffset();
                whole += batch.sizeInBytes();
            }
            if (whole == 0) {
                throw new AssertionError("nothing at offset " + next + " below " + partition.highWatermark());
            }
            parts.add(part.slice(0, whole));
            total += whole;
        }
        ByteBuffer all = ByteBuffer.allocate(total);
        parts.forEach(all::put);
        return all.flip();
    }

    /** What a read found, in memory; gives the file back. */
    static ByteBuffer bytes(ReadResult result) throws IOException {
        return switch (result) {
            case ReadResult.Nothing nothing -> ByteBuffer.allocate(0);
            case ReadResult.Hot(FileSlice slice) -> {
                ByteBuffer bytes = ByteBuffer.allocate(slice.length());
                Channels.readFully(slice.channel(), slice.position(), bytes);
                slice.release().run();
                yield bytes.flip();
            }
            case ReadResult.Cold(ReadResult.ColdRead cold, int estimate) -> {
                ByteBuffer remote = cold.fetch();
                yield ByteBuffer.allocate(remote.remaining()).put(remote).flip();
            }
        };
    }

    /**
     * Copies what is on the disk now, metadata first: a batch that was acknowledged before the call is then in the copy, however much
     * goes on meanwhile.
     */
    void crash(Path into) throws IOException {
        try (EmbeddedStore copy = EmbeddedStore.open(into.resolve("metadata"))) {
            for (Entry entry : store.range("").entries()) {
                copy.commit(Txn.builder().put(entry.key(), entry.value()).build());
            }
        }
        copy(data.resolve("journal"), into.resolve("data").resolve("journal"));
        copy(data.resolve("partitions"), into.resolve("data").resolve("partitions"));
        copy(directory.resolve("objects"), into.resolve("objects"));
    }

    private static void copy(Path from, Path to) throws IOException {
        if (!Files.exists(from)) {
            return;
        }
        List<Path> paths;
        try (var walk = Files.walk(from)) {
            // A checkpoint speaks of its segment as it was, so the segment is copied after it.
            paths = walk.sorted(Comparator.comparing(path -> path.toString().endsWith(".log")))
                    .toList();
        }
        for (Path path : paths) {
            Path target = to.resolve(from.relativize(path).toString());
            if (Files.isDirectory(path)) {
                Files.createDirectories(target);
            } else {
                Files.copy(path, target);
            }
        }
    }

    @Override
    public void close() {
        partitions.close();
        offloader.close();
        remote.close();
        objects.close();
        map.close();
        brokers.close();
        topics.close();
        if (!isStoreShared) {
            store.close();
        }
    }
}
