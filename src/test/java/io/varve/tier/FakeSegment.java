package io.varve.tier;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;

/** A sealed segment of a test, in a real file. */
final class FakeSegment implements Offloadable {
    static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");

    final byte[] bytes;
    final List<OffloadedSegment> references = new CopyOnWriteArrayList<>();
    final AtomicInteger unreadable = new AtomicInteger();
    final AtomicInteger referenceFailures = new AtomicInteger();
    volatile boolean wanted = true;
    volatile Runnable beforeReference = () -> {};

    private final Path file;
    private final PartitionId partition;
    private final SealedSegment segment;
    private final long sealedAtMillis;

    FakeSegment(Path folder, int partition, long baseOffset, int size, long sealedAtMillis) {
        this(
                folder,
                new PartitionId(TOPIC, partition),
                baseOffset,
                Contents.random(baseOffset * 31 + partition, size),
                sealedAtMillis);
    }

    FakeSegment(Path folder, PartitionId partition, long baseOffset, byte[] bytes, long sealedAtMillis) {
        this.bytes = bytes;
        this.partition = partition;
        this.segment = new SealedSegment(
                baseOffset, baseOffset + 100, 3, bytes.length, 1_600_000_000_000L + baseOffset, List.of());
        this.sealedAtMillis = sealedAtMillis;
        this.file = folder.resolve(partition + "-" + baseOffset + ".log");
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path file() {
        return file;
    }

    @Override
    public PartitionId partition() {
        return partition;
    }

    @Override
    public String topicName() {
        return "orders";
    }

    @Override
    public String topicConfigsJson() {
        return "{\"retention.ms\":\"1000\"}";
    }

    @Override
    public SealedSegment segment() {
        return segment;
    }

    @Override
    public long sealedAtMillis() {
        return sealedAtMillis;
    }

    @Override
    public boolean isWanted() {
        return wanted;
    }

    @Override
    public void withSegmentFile(Consumer<FileChannel> reader) {
        if (unreadable.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            throw new UncheckedIOException(new IOException("bad sector, as told"));
        }
        try (FileChannel channel = FileChannel.open(file)) {
            reader.accept(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public byte[] index() {
        return ("index of " + partition + " at " + segment.baseOffset()).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] producerStates() {
        return ("producers of " + partition + " at " + segment.baseOffset()).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean offloaded(OffloadedSegment reference, Runnable inTime) {
        beforeReference.run();
        inTime.run();
        if (referenceFailures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            throw new IllegalStateException("the metadata store is away, as told");
        }
        if (wanted) {
            references.add(reference);
        }
        return wanted;
    }
}
