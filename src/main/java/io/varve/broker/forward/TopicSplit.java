package io.varve.broker.forward;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/**
 * Divides requests about partitions by the owners of those.
 *
 * @param asked the topics of a request
 * @param topics of a request
 * @param owner of a partition
 * @param part a request like another, with these topics only
 * @param answered the topics of a response
 * @param answers of a response
 * @param response with these answers
 * @param unknown what a client is told when it is not known whether a part was carried out
 */
record TopicSplit<T, P, R, A>(
        Shape<T, P> asked,
        Function<AbstractRequest, Collection<T>> topics,
        Shape.Owner<T, Integer> owner,
        BiFunction<AbstractRequest, List<T>, AbstractRequest> part,
        Shape<R, A> answered,
        Function<AbstractResponse, Collection<R>> answers,
        Function<List<R>, AbstractResponse> response,
        Errors unknown)
        implements Split {

    @Override
    public List<Part> divide(AbstractRequest request) {
        Map<Integer, List<T>> divided = asked.divide(
                topics.apply(request),
                (topic, partition) -> owner.of(topic, asked.index().applyAsInt(partition)));
        if (divided.size() == 1) {
            return List.of(new Part(divided.keySet().iterator().next(), request));
        }
        List<Part> parts = new ArrayList<>(divided.size());
        divided.forEach((broker, some) -> parts.add(new Part(broker, part.apply(request, some))));
        return parts;
    }

    @Override
    public AbstractResponse merge(AbstractRequest request, List<AbstractResponse> parts) {
        List<R> all = new ArrayList<>();
        int throttleMillis = 0;
        for (AbstractResponse each : parts) {
            all.addAll(answers.apply(each));
            throttleMillis = Math.max(throttleMillis, each.throttleTimeMs());
        }
        AbstractResponse merged = response.apply(Shape.merge(asked, topics.apply(request), answered, all));
        merged.maybeSetThrottleTimeMs(throttleMillis);
        return merged;
    }

    @Override
    public Errors notSent() {
        return Errors.NOT_LEADER_OR_FOLLOWER;
    }
}
