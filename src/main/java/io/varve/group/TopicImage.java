package io.varve.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;

/**
 * The topics as Kafka's coordinator wants to know them: an image, with the delta that led to it. The coordinator is told on an executor, in
 * order: at the deletion of a topic it waits until the topic's offsets are removed, and listeners of topics must not block. Thread-safe.
 */
final class TopicImage implements TopicRegistry.Listener {
    private final BiConsumer<MetadataDelta, MetadataImage> listener;
    private final Executor inOrder;

    @GuardedBy("this")
    private MetadataImage image = MetadataImage.EMPTY;

    @GuardedBy("this")
    private long changes;

    /** @param inOrder runs one task after the other */
    TopicImage(BiConsumer<MetadataDelta, MetadataImage> listener, Executor inOrder) {
        this.listener = listener;
        this.inOrder = inOrder;
    }

    @Override
    public synchronized void onTopic(Topic topic) {
        MetadataDelta delta = new MetadataDelta.Builder().setImage(image).build();
        int known = 0;
        if (image.topics().getTopic(topic.id()) == null) {
            delta.replay(new TopicRecord().setName(topic.name()).setTopicId(topic.id()));
        } else {
            known = image.topics().getTopic(topic.id()).partitions().size();
        }
        if (known == topic.partitions()) {
            return;
        }
        for (int index = known; index < topic.partitions(); index++) {
            delta.replay(new PartitionRecord()
                    .setTopicId(topic.id())
                    .setPartitionId(index)
                    .setReplicas(List.of())
                    .setIsr(List.of())
                    .setLeader(0));
        }
        publish(delta);
    }

    @Override
    public synchronized void onTopicDeleted(Topic topic) {
        if (image.topics().getTopic(topic.id()) != null) {
            MetadataDelta delta = new MetadataDelta.Builder().setImage(image).build();
            delta.replay(new RemoveTopicRecord().setTopicId(topic.id()));
            publish(delta);
        }
    }

    @GuardedBy("this")
    private void publish(MetadataDelta delta) {
        MetadataImage next = delta.apply(new MetadataProvenance(++changes, 0, 0, true));
        image = next;
        inOrder.execute(() -> listener.accept(delta, next));
    }
}
