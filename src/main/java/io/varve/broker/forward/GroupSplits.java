package io.varve.broker.forward;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ConsumerGroupDescribeResponse;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;

/**
 * The splits of all APIs about groups. A client that is told NOT_COORDINATOR asks for the coordinator and then again; what groups are asked may all be asked
 * twice.
 */
final class GroupSplits {
    private GroupSplits() {}

    static Map<ApiKeys, Split> all(Whereabouts where) {
        Map<ApiKeys, Split> splits = new EnumMap<>(ApiKeys.class);
        splits.put(ApiKeys.JOIN_GROUP, one(where, data -> ((JoinGroupRequestData) data).groupId()));
        splits.put(ApiKeys.SYNC_GROUP, one(where, data -> ((SyncGroupRequestData) data).groupId()));
        splits.put(ApiKeys.HEARTBEAT, one(where, data -> ((HeartbeatRequestData) data).groupId()));
        splits.put(ApiKeys.LEAVE_GROUP, one(where, data -> ((LeaveGroupRequestData) data).groupId()));
        splits.put(ApiKeys.OFFSET_COMMIT, one(where, data -> ((OffsetCommitRequestData) data).groupId()));
        splits.put(ApiKeys.OFFSET_DELETE, one(where, data -> ((OffsetDeleteRequestData) data).groupId()));
        splits.put(
                ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                one(where, data -> ((ConsumerGroupHeartbeatRequestData) data).groupId()));
        splits.put(ApiKeys.DESCRIBE_GROUPS, describe(where));
        splits.put(ApiKeys.DELETE_GROUPS, delete(where));
        splits.put(ApiKeys.CONSUMER_GROUP_DESCRIBE, describeConsumers(where));
        splits.put(ApiKeys.OFFSET_FETCH, offsets(where));
        return splits;
    }

    /** Requests about one group go to its coordinator as they are. */
    private static Split one(Whereabouts where, Function<ApiMessage, String> group) {
        return new ByGroup<>(
                where,
                request -> List.of(group.apply(request.data())),
                name -> name,
                (request, groups) -> request,
                (request, answers) -> answers.getFirst());
    }

    /**
     * Divides requests about groups by who coordinates those.
     *
     * @param groups of a request
     * @param name of one
     * @param part a request like another, with these groups only
     * @param response one of several
     */
    private record ByGroup<G>(
            Whereabouts where,
            Function<AbstractRequest, List<G>> groups,
            Function<G, String> name,
            BiFunction<AbstractRequest, List<G>, AbstractRequest> part,
            BiFunction<AbstractRequest, List<AbstractResponse>, AbstractResponse> response)
            implements Split {
        @Override
        public List<Part> divide(AbstractRequest request) {
            Map<Integer, List<G>> divided = new LinkedHashMap<>();
            for (G group : groups.apply(request)) {
                divided.computeIfAbsent(where.coordinator(name.apply(group)), _ -> new ArrayList<>())
                        .add(group);
            }
            if (divided.size() <= 1) {
                int broker = divided.isEmpty()
                        ? where.self()
                        : divided.keySet().iterator().next();
                return List.of(new Part(broker, request));
            }
            List<Part> parts = new ArrayList<>(divided.size());
            divided.forEach((broker, some) -> parts.add(new Part(broker, part.apply(request, some))));
            return parts;
        }

        @Override
        public AbstractResponse merge(AbstractRequest request, List<AbstractResponse> answers) {
            return response.apply(request, answers);
        }

        @Override
        public Errors notSent() {
            return Errors.NOT_COORDINATOR;
        }

        @Override
        public Errors unknown() {
            return Errors.NOT_COORDINATOR;
        }
    }

    /** The answers of all parts in the order in which the groups were asked for. */
    private static <A> List<A> inOrder(List<String> groups, List<A> answers, Function<A, String> name) {
        Map<String, A> byName = new LinkedHashMap<>();
        answers.forEach(answer -> byName.putIfAbsent(name.apply(answer), answer));
        List<A> ordered = new ArrayList<>(answers.size());
        for (String group : groups) {
            A answer = byName.remove(group);
            if (answer != null) {
                ordered.add(answer);
            }
        }
        return ordered;
    }

    private static <D, A> List<A> gather(List<AbstractResponse> answers, Class<D> type, Function<D, Iterable<A>> of) {
        List<A> all = new ArrayList<>();
        answers.forEach(answer -> of.apply(type.cast(answer.data())).forEach(all::add));
        return all;
    }

    private static Split describe(Whereabouts where) {
        return new ByGroup<String>(
                where,
                request -> ((DescribeGroupsRequestData) request.data()).groups(),
                name -> name,
                (request, groups) -> Bodies.like(
                        request,
                        ((DescribeGroupsRequestData) request.data()).duplicate().setGroups(groups)),
                (request, answers) -> new DescribeGroupsResponse(new DescribeGroupsResponseData()
                        .setGroups(inOrder(
                                ((DescribeGroupsRequestData) request.data()).groups(),
                                gather(answers, DescribeGroupsResponseData.class, DescribeGroupsResponseData::groups),
                                DescribeGroupsResponseData.DescribedGroup::groupId))));
    }

    private static Split delete(Whereabouts where) {
        return new ByGroup<String>(
                where,
                request -> ((DeleteGroupsRequestData) request.data()).groupsNames(),
                name -> name,
                (request, groups) -> Bodies.like(request, new DeleteGroupsRequestData().setGroupsNames(groups)),
                (request, answers) -> {
                    DeleteGroupsResponseData data = new DeleteGroupsResponseData();
                    // An element is in one collection only.
                    inOrder(
                                    ((DeleteGroupsRequestData) request.data()).groupsNames(),
                                    gather(answers, DeleteGroupsResponseData.class, DeleteGroupsResponseData::results),
                                    DeleteGroupsResponseData.DeletableGroupResult::groupId)
                            .forEach(each -> data.results().add(each.duplicate()));
                    return new DeleteGroupsResponse(data);
                });
    }

    private static Split describeConsumers(Whereabouts where) {
        return new ByGroup<String>(
                where,
                request -> ((ConsumerGroupDescribeRequestData) request.data()).groupIds(),
                name -> name,
                (request, groups) -> Bodies.like(
                        request,
                        ((ConsumerGroupDescribeRequestData) request.data())
                                .duplicate()
                                .setGroupIds(groups)),
                (request, answers) -> new ConsumerGroupDescribeResponse(new ConsumerGroupDescribeResponseData()
                        .setGroups(inOrder(
                                ((ConsumerGroupDescribeRequestData) request.data()).groupIds(),
                                gather(
                                        answers,
                                        ConsumerGroupDescribeResponseData.class,
                                        ConsumerGroupDescribeResponseData::groups),
                                ConsumerGroupDescribeResponseData.DescribedGroup::groupId))));
    }

    /** One group up to version 7, several from then on. */
    private static Split offsets(Whereabouts where) {
        return new ByGroup<OffsetFetchRequestGroup>(
                where,
                request -> request.version() < OffsetFetchRequest.BATCH_MIN_VERSION
                        ? List.of(new OffsetFetchRequestGroup()
                                .setGroupId(((OffsetFetchRequestData) request.data()).groupId()))
                        : ((OffsetFetchRequestData) request.data()).groups(),
                OffsetFetchRequestGroup::groupId,
                (request, groups) -> Bodies.like(
                        request,
                        new OffsetFetchRequestData()
                                .setRequireStable(((OffsetFetchRequestData) request.data()).requireStable())
                                .setGroups(groups)),
                (request, answers) -> new OffsetFetchResponse(
                        new OffsetFetchResponseData()
                                .setGroups(inOrder(
                                        ((OffsetFetchRequestData) request.data())
                                                .groups().stream()
                                                        .map(OffsetFetchRequestGroup::groupId)
                                                        .toList(),
                                        gather(answers, OffsetFetchResponseData.class, OffsetFetchResponseData::groups),
                                        OffsetFetchResponseGroup::groupId)),
                        request.version()));
    }
}
