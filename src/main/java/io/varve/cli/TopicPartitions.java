package io.varve.cli;

import java.util.Arrays;
import java.util.List;

/**
 * A topic, or some of its partitions.
 *
 * @param partitions empty for all of them
 */
record TopicPartitions(String topic, List<Integer> partitions) {

    TopicPartitions {
        partitions = List.copyOf(partitions);
    }

    /**
     * Reads {@code topic} or {@code topic:0,1,2}.
     *
     * @throws CliException when it is neither
     */
    static TopicPartitions parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            return new TopicPartitions(text, List.of());
        }
        try {
            List<Integer> partitions = Arrays.stream(text.substring(colon + 1).split(",", -1))
                    .map(String::strip)
                    .map(Integer::valueOf)
                    .toList();
            return new TopicPartitions(text.substring(0, colon), partitions);
        } catch (NumberFormatException e) {
            throw CliException.usage("'" + text + "' is not TOPIC or TOPIC:0,1,2.");
        }
    }
}
