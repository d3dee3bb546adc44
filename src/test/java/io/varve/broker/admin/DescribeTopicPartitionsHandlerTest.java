package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DescribeTopicPartitionsHandlerTest {
    private final AdminWorld world = new AdminWorld();

    @BeforeEach
    void topics() {
        world.topics.add("b", 3);
        world.topics.add("a", 2);
        world.topics.add("c", 1);
    }

    private static DescribeTopicPartitionsRequestData request(int limit, String... names) {
        return new DescribeTopicPartitionsRequestData()
                .setResponsePartitionLimit(limit)
                .setTopics(Stream.of(names)
                        .map(name -> new TopicRequest().setName(name))
                        .toList());
    }

    private static Cursor at(String topic, int partition) {
        return new Cursor().setTopicName(topic).setPartitionIndex(partition);
    }

    private DescribeTopicPartitionsResponseData ask(DescribeTopicPartitionsRequestData data) {
        return ask(world, data);
    }

    private static DescribeTopicPartitionsResponseData ask(AdminWorld world, DescribeTopicPartitionsRequestData data) {
        return world.ask(
                        new DescribeTopicPartitionsRequest.Builder(data).build((short) 0),
                        DescribeTopicPartitionsResponse.class)
                .data();
    }

    /** {@code topic-partition} of what is described. */
    private static List<String> described(DescribeTopicPartitionsResponseData answer) {
        List<String> all = new ArrayList<>();
        for (DescribeTopicPartitionsResponseTopic topic : answer.topics()) {
            topic.partitions().forEach(partition -> all.add(topic.name() + partition.partitionIndex()));
        }
        return all;
    }

    @Test
    void all_inTheOrderOfNames() {
        DescribeTopicPartitionsResponseData answer = ask(request(2_000));

        assertThat(described(answer)).containsExactly("a0", "a1", "b0", "b1", "b2", "c0");
        assertThat(answer.nextCursor()).isNull();
        DescribeTopicPartitionsResponseTopic a = answer.topics().find("a");
        assertThat(a.topicId()).isEqualTo(world.topics.byName("a").orElseThrow().id());
        assertThat(a.partitions().getFirst().leaderId()).isEqualTo(1);
        assertThat(a.partitions().getFirst().leaderEpoch()).isEqualTo(4);
        assertThat(a.topicAuthorizedOperations()).isEqualTo(AuthorizedOperations.TOPIC);
    }

    @Test
    void pages_meetWithoutGapOrOverlap_whateverTheirSize() {
        for (int limit = 1; limit <= 7; limit++) {
            List<String> all = new ArrayList<>();
            Cursor cursor = null;
            int pages = 0;
            do {
                DescribeTopicPartitionsResponseData page = ask(request(limit).setCursor(cursor));
                assertThat(described(page)).hasSizeLessThanOrEqualTo(limit);
                all.addAll(described(page));
                cursor = page.nextCursor() == null
                        ? null
                        : at(page.nextCursor().topicName(), page.nextCursor().partitionIndex());
            } while (cursor != null && ++pages < 10);
            assertThat(all).as("limit %d", limit).containsExactly("a0", "a1", "b0", "b1", "b2", "c0");
        }
    }

    @Test
    void theBrokersLimit_winsOverTheClients() {
        AdminWorld small = new AdminWorld(Map.of("max.request.partition.size.limit", "2"));
        small.topics.add("a", 5);

        DescribeTopicPartitionsResponseData answer = ask(small, request(100));

        assertThat(described(answer)).containsExactly("a0", "a1");
        assertThat(answer.nextCursor().partitionIndex()).isEqualTo(2);
    }

    @Test
    void aLimitOfNothing_isOne() {
        assertThat(described(ask(request(-5)))).containsExactly("a0");
    }

    @Test
    void aCursorOnATopicThatIsGone_goesOnWithTheNext() {
        assertThat(described(ask(request(10).setCursor(at("aa", 1))))).containsExactly("b0", "b1", "b2", "c0");
        assertThat(described(ask(request(10).setCursor(at("b", 77))))).containsExactly("c0");
    }

    @Test
    void named_unknownAndInvalidOnesAreTold() {
        DescribeTopicPartitionsResponseData answer = ask(request(10, "zz", "c", "not good"));

        assertThat(described(answer)).containsExactly("c0");
        assertThat(Errors.forCode(answer.topics().find("zz").errorCode())).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(Errors.forCode(answer.topics().find("not good").errorCode()))
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
    }

    @Test
    void badCursors() {
        assertThatThrownBy(() -> ask(request(10, "a").setCursor(at("b", 0))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("DescribeTopicPartitionsRequest topic list should contain the cursor topic: b");
        assertThatThrownBy(() -> ask(request(10).setCursor(at("a", -1))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageStartingWith("DescribeTopicPartitionsRequest cursor partition must be valid: ");
    }
}
