package io.varve.cli;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Looks topics up; the cluster's own answer does not say which of several it does not know. */
final class Topics {
    private Topics() {}

    /**
     * Describes topics, by name in order.
     *
     * @throws CliException that names the first there is not
     */
    static Map<String, TopicDescription> describe(Admin admin, Collection<String> names)
            throws ExecutionException, InterruptedException {
        Map<String, TopicDescription> found = new TreeMap<>();
        for (Map.Entry<String, KafkaFuture<TopicDescription>> asked :
                admin.describeTopics(names).topicNameValues().entrySet()) {
            try {
                found.put(asked.getKey(), asked.getValue().get());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof UnknownTopicOrPartitionException
                        || e.getCause() instanceof InvalidTopicException) {
                    throw noTopic(asked.getKey());
                }
                throw e;
            }
        }
        return found;
    }

    static CliException noTopic(String name) {
        return CliException.failed("there is no topic " + name + ".");
    }

    static CliException noPartition(String topic, int partitions) {
        return CliException.failed("topic " + topic + " has the partitions 0 to " + (partitions - 1) + ".");
    }
}
