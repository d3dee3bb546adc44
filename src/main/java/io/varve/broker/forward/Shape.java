package io.varve.broker.forward;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;

/**
 * A list of topics with their partitions, as most messages have one: how to take it apart and put it together again.
 *
 * @param key what tells topics apart
 * @param partitions of a topic
 * @param index of a partition
 * @param with the same topic with other partitions, as a new object
 */
record Shape<T, P>(
        Function<T, Object> key,
        Function<T, ? extends Collection<P>> partitions,
        ToIntFunction<P> index,
        BiFunction<T, List<P>, T> with) {

    /** Topics go by id or by name, depending on the version; a handler may answer with both, what comes over the wire has one. */
    static Object key(Uuid id, String name) {
        return id.equals(Uuid.ZERO_UUID) ? name : id;
    }

    /** Who owns a partition of a topic. */
    interface Owner<T, P> {
        int of(T topic, P partition);
    }

    /** The topics of each owner with the partitions that are its, in the order of the request. */
    Map<Integer, List<T>> divide(Collection<T> topics, Owner<T, P> owner) {
        Map<Integer, List<T>> divided = new LinkedHashMap<>();
        for (T topic : topics) {
            Map<Integer, List<P>> mine = new LinkedHashMap<>();
            for (P partition : partitions.apply(topic)) {
                mine.computeIfAbsent(owner.of(topic, partition), _ -> new ArrayList<>())
                        .add(partition);
            }
            mine.forEach((broker, some) ->
                    divided.computeIfAbsent(broker, _ -> new ArrayList<>()).add(with.apply(topic, some)));
        }
        return divided;
    }

    /** The answers to parts of a request, in the order of the request; what nobody has answered is left out. */
    static <T, P, R, A> List<R> merge(
            Shape<T, P> asked, Collection<T> request, Shape<R, A> answered, Iterable<R> answers) {
        Map<Object, R> topics = new HashMap<>();
        Map<Object, Map<Integer, A>> partitions = new HashMap<>();
        for (R topic : answers) {
            Object key = answered.key().apply(topic);
            topics.putIfAbsent(key, topic);
            Map<Integer, A> found = partitions.computeIfAbsent(key, _ -> new HashMap<>());
            for (A partition : answered.partitions().apply(topic)) {
                found.putIfAbsent(answered.index().applyAsInt(partition), partition);
            }
        }
        List<R> merged = new ArrayList<>(request.size());
        for (T topic : request) {
            Object key = asked.key().apply(topic);
            R answer = topics.get(key);
            if (answer != null) {
                Map<Integer, A> found = partitions.get(key);
                List<A> some = new ArrayList<>();
                for (P partition : asked.partitions().apply(topic)) {
                    A one = found == null ? null : found.remove(asked.index().applyAsInt(partition));
                    if (one != null) {
                        some.add(one);
                    }
                }
                merged.add(answered.with().apply(answer, some));
            }
        }
        return merged;
    }
}
