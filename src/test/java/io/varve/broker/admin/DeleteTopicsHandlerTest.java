package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cluster.Topic;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicDeletionDisabledException;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.junit.jupiter.api.Test;

class DeleteTopicsHandlerTest {
    private final AdminWorld world = new AdminWorld();

    private static DeleteTopicState name(String name) {
        return new DeleteTopicState().setName(name);
    }

    private static DeleteTopicState id(Uuid id) {
        return new DeleteTopicState().setName(null).setTopicId(id);
    }

    private List<DeletableTopicResult> delete(DeleteTopicState... states) {
        var data = new DeleteTopicsRequestData().setTimeoutMs(30_000).setTopics(List.of(states));
        return ask(world, data, ApiKeys.DELETE_TOPICS.latestVersion());
    }

    private static List<DeletableTopicResult> ask(AdminWorld world, DeleteTopicsRequestData data, short version) {
        return List.copyOf(world.ask(new DeleteTopicsRequest.Builder(data).build(version), DeleteTopicsResponse.class)
                .data()
                .responses());
    }

    private static void refused(DeletableTopicResult result, Errors error, String message) {
        assertThat(Errors.forCode(result.errorCode())).isEqualTo(error);
        assertThat(result.errorMessage()).isEqualTo(message);
    }

    @Test
    void byName_inEveryVersion() {
        for (short version : ApiKeys.DELETE_TOPICS.allVersions()) {
            world.topics.add("a", 1);
            var data = new DeleteTopicsRequestData().setTimeoutMs(30_000);
            if (version >= 6) {
                data.setTopics(List.of(name("a"), name("b")));
            } else {
                data.setTopicNames(List.of("a", "b"));
            }

            List<DeletableTopicResult> results = ask(world, data, version);

            assertThat(results)
                    .as("version %d", version)
                    .extracting(DeletableTopicResult::name)
                    .containsExactly("a", "b");
            assertThat(results)
                    .extracting(result -> Errors.forCode(result.errorCode()))
                    .containsExactly(Errors.NONE, Errors.UNKNOWN_TOPIC_OR_PARTITION);
            assertThat(world.topics.all()).isEmpty();
        }
    }

    @Test
    void byId() {
        Topic topic = world.topics.add("a", 1);
        Uuid unknown = Uuid.randomUuid();

        List<DeletableTopicResult> results = delete(id(topic.id()), id(unknown));

        assertThat(results.getFirst().errorCode()).isZero();
        assertThat(results.getFirst().name()).isEqualTo("a");
        assertThat(Errors.forCode(results.get(1).errorCode())).isEqualTo(Errors.UNKNOWN_TOPIC_ID);
        assertThat(results.get(1).topicId()).isEqualTo(unknown);
        assertThat(world.topics.all()).isEmpty();
    }

    @Test
    void whatIsAskedForUnclearly_isNotDeleted() {
        Topic a = world.topics.add("a", 1);
        Topic b = world.topics.add("b", 1);

        refused(
                delete(id(Uuid.ZERO_UUID)).getFirst(),
                Errors.INVALID_REQUEST,
                "Neither topic name nor id were specified.");
        refused(
                delete(name("a").setTopicId(a.id())).getFirst(),
                Errors.INVALID_REQUEST,
                "You may not specify both topic name and topic id.");
        refused(delete(name("a"), name("a")).getFirst(), Errors.INVALID_REQUEST, "Duplicate topic name.");
        refused(delete(id(a.id()), id(a.id())).getFirst(), Errors.INVALID_REQUEST, "Duplicate topic id.");
        List<DeletableTopicResult> both = delete(id(b.id()), name("b"));
        both.forEach(result -> refused(
                result, Errors.INVALID_REQUEST, "The provided topic name maps to an ID that was already supplied."));
        assertThat(world.topics.all()).hasSize(2);
    }

    @Test
    void deletionDisabled() {
        AdminWorld strict = new AdminWorld(Map.of("delete.topic.enable", "false"));
        strict.topics.add("a", 1);
        var data = new DeleteTopicsRequestData().setTopicNames(List.of("a"));

        assertThatThrownBy(() -> ask(strict, data, (short) 2))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("Topic deletion is disabled.");
        assertThatThrownBy(() -> ask(strict, data, (short) 3)).isInstanceOf(TopicDeletionDisabledException.class);
        assertThat(strict.topics.all()).hasSize(1);
    }

    @Test
    void whatDoesNotFitIntoTheTimeout_isNotBegun() {
        world.topics.add("a", 1);
        world.topics.add("b", 1);
        world.time.stepMillis = 40;
        var data = new DeleteTopicsRequestData().setTimeoutMs(60).setTopics(List.of(name("a"), name("b")));

        List<DeletableTopicResult> results = ask(world, data, ApiKeys.DELETE_TOPICS.latestVersion());

        assertThat(results)
                .extracting(result -> Errors.forCode(result.errorCode()))
                .containsExactly(Errors.NONE, Errors.REQUEST_TIMED_OUT);
        assertThat(world.topics.all()).extracting(Topic::name).containsExactly("b");
    }
}
