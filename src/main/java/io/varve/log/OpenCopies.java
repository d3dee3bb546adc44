package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.metadata.MetadataException;
import io.varve.replica.CopyEnd;
import io.varve.replica.CopyHost;
import io.varve.replica.ReplicaException;
import io.varve.replica.SegmentId;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.errors.ApiException;

/**
 * Keeps copies of other owners' open segments on this disk, for {@code replica} to feed. A copy begins empty and is never resumed: of a segment
 * that is here already, under this epoch or a higher one, another is refused. Thread-safe.
 */
final class OpenCopies implements CopyHost {
    /** Kafka's default of {@code index.interval.bytes}, for a topic that is not known. */
    static final int DEFAULT_INDEX_INTERVAL = 4096;

    /** The news of a topic may come after its owner's first batch. */
    private static final long TOPIC_PATIENCE_MILLIS = 1_000;

    private static final long TOPIC_POLL_MILLIS = 5;

    private final LogContext context;
    private final Reconciler reconciler;
    private final TopicRegistry topics;
    private final ToIntFunction<Topic> indexInterval;
    private final Consumer<PartitionId> news;

    /** @param news hears that more of a copy may be read, or that it has ended; must not block */
    OpenCopies(
            LogContext context,
            Reconciler reconciler,
            TopicRegistry topics,
            ToIntFunction<Topic> indexInterval,
            Consumer<PartitionId> news) {
        this.context = context;
        this.reconciler = reconciler;
        this.topics = topics;
        this.indexInterval = indexInterval;
        this.news = news;
    }

    @Override
    public HostedCopy open(SegmentId segment, byte[] producers) {
        PartitionId id = segment.partition();
        Topic topic = awaitTopic(id);
        try {
            return reconciler.exclusively(id, () -> {
                Holding holding = reconciler.holdingFor(segment, topic);
                requireNew(segment, holding);
                OpenCopy copy = new OpenCopy(
                        segment,
                        create(segment, producers, topic),
                        producers,
                        context.disk(),
                        context.metrics(),
                        () -> news.accept(id));
                holding.add(copy);
                return copy;
            });
        } catch (LogException | MetadataException | ApiException e) {
            throw new ReplicaException("cannot begin a copy of segment " + segment, e);
        }
    }

    private Topic awaitTopic(PartitionId id) {
        long deadline = context.time().milliseconds() + TOPIC_PATIENCE_MILLIS;
        while (true) {
            Optional<Topic> topic = topics.byId(id.topicId());
            if (topic.isPresent()) {
                return topic.get();
            }
            if (context.time().milliseconds() > deadline) {
                throw new ReplicaException(
                        "broker " + context.self().broker() + " does not know the topic of partition " + id);
            }
            context.time().sleep(TOPIC_POLL_MILLIS);
        }
    }

    private void requireNew(SegmentId segment, Holding holding) {
        OpenCopy earlier = holding.copyAt(segment.baseOffset());
        if (earlier != null && earlier.id().epoch() >= segment.epoch()) {
            throw new ReplicaException("there is a copy of segment " + earlier.id() + " already: none is resumed");
        }
        Path path = context.files().log(segment.partition(), segment.baseOffset());
        if (earlier == null && SegmentRecovery.epochOf(path) >= segment.epoch()) {
            throw new ReplicaException("there is a copy of segment " + segment + " of an earlier run: none is resumed");
        }
        holding.drop(segment.baseOffset());
    }

    private LocalSegment create(SegmentId segment, byte[] producers, Topic topic) {
        SegmentState start = SegmentState.start(segment.epoch(), context.boot(), segment.baseOffset(), producers);
        return LocalSegment.create(
                segment.partition(),
                start,
                true,
                context.files().log(segment.partition(), segment.baseOffset()),
                context.openFiles(),
                indexInterval.applyAsInt(topic));
    }

    @Override
    public Optional<CopyEnd> fence(SegmentId segment, int epoch) {
        return reconciler.fence(segment, epoch);
    }
}
