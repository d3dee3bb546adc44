package io.varve.group;

import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.metadata.MetadataStore;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** A group service for tests, with shorthand for what they do most. */
public final class RunningGroups implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(60);

    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    public final AtomicBoolean mayServe = new AtomicBoolean(true);
    public final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final FakeCluster cluster;
    public final GroupService service;

    RunningGroups(MetadataStore store, FakeTopics topics, FakeCluster cluster, Map<String, String> settings) {
        this.cluster = cluster;
        Map<String, String> all = new HashMap<>(Map.of(
                "offsets.topic.num.partitions", "2",
                "group.initial.rebalance.delay.ms", "0",
                "group.consumer.assignment.interval.ms", "0",
                "group.consumer.min.assignment.interval.ms", "0"));
        all.putAll(settings);
        service = GroupService.start(new GroupService.Dependencies(
                store, topics, cluster, all, mayServe::get, blocking, Time.SYSTEM, meters));
    }

    /** Starts and waits until all shards are served. */
    public static RunningGroups start(MetadataStore store, FakeTopics topics) {
        return start(store, topics, 1, Map.of());
    }

    static RunningGroups start(MetadataStore store, FakeTopics topics, int brokerId, Map<String, String> settings) {
        RunningGroups groups = new RunningGroups(store, topics, new FakeCluster(brokerId), settings);
        groups.awaitServing();
        return groups;
    }

    static RunningGroups startWithoutWaiting(MetadataStore store, FakeTopics topics) {
        return new RunningGroups(store, topics, new FakeCluster(1), Map.of());
    }

    GroupCoordinator coordinator() {
        return service.coordinator();
    }

    /** Waits until every shard is loaded and the coordinator has taken note. */
    void awaitServing() {
        await().atMost(LONG).until(() -> service.problem().isEmpty());
        await().atMost(LONG).until(() -> {
            for (int i = 0; i < 16; i++) {
                if (fetchGroup("probe-" + i, "probe", 0).errorCode() != Errors.NONE.code()) {
                    return false;
                }
            }
            return true;
        });
    }

    static RequestContext context(ApiKeys api) {
        return new RequestContext(
                new RequestHeader(api, api.latestVersion(), "test", 1),
                "connection",
                InetAddress.getLoopbackAddress(),
                KafkaPrincipal.ANONYMOUS,
                ListenerName.forSecurityProtocol(SecurityProtocol.PLAINTEXT),
                SecurityProtocol.PLAINTEXT,
                ClientInformation.EMPTY,
                false);
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(LONG.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Commits without being a member, as the admin client does. */
    CompletableFuture<OffsetCommitResponseData> committing(String group, String topic, int partition, long offset) {
        return coordinator()
                .commitOffsets(
                        context(ApiKeys.OFFSET_COMMIT),
                        commitRequest(group, topic, List.of(partition), offset),
                        BufferSupplier.NO_CACHING);
    }

    static OffsetCommitRequestData commitRequest(String group, String topic, List<Integer> partitions, long offset) {
        List<OffsetCommitRequestPartition> all = new ArrayList<>();
        partitions.forEach(partition -> all.add(new OffsetCommitRequestPartition()
                .setPartitionIndex(partition)
                .setCommittedOffset(offset)
                .setCommittedMetadata("at " + offset)));
        return new OffsetCommitRequestData()
                .setGroupId(group)
                .setGenerationIdOrMemberEpoch(-1)
                .setTopics(List.of(new OffsetCommitRequestTopic().setName(topic).setPartitions(all)));
    }

    Errors commit(String group, String topic, int partition, long offset) {
        return error(get(committing(group, topic, partition, offset)));
    }

    static Errors error(OffsetCommitResponseData answer) {
        return Errors.forCode(answer.topics().getFirst().partitions().getFirst().errorCode());
    }

    private OffsetFetchResponseGroup fetchGroup(String group, String topic, int partition) {
        return get(coordinator()
                .fetchOffsets(
                        context(ApiKeys.OFFSET_FETCH),
                        new OffsetFetchRequestGroup()
                                .setGroupId(group)
                                .setTopics(List.of(new OffsetFetchRequestTopics()
                                        .setName(topic)
                                        .setPartitionIndexes(List.of(partition)))),
                        false)
                .exceptionally(failure -> new OffsetFetchResponseGroup()
                        .setGroupId(group)
                        .setErrorCode(Errors.forException(failure).code())));
    }

    /** What is committed; -1 when nothing is. */
    long fetch(String group, String topic, int partition) {
        OffsetFetchResponseGroup answer = fetchGroup(group, topic, partition);
        Errors error = Errors.forCode(answer.errorCode());
        if (error != Errors.NONE) {
            throw error.exception();
        }
        return answer.topics().getFirst().partitions().getFirst().committedOffset();
    }

    Errors fetchError(String group) {
        return Errors.forCode(fetchGroup(group, "any", 0).errorCode());
    }

    @Override
    public void close() {
        service.close();
        blocking.shutdownNow();
    }
}
