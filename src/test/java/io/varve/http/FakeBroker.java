package io.varve.http;

import io.varve.broker.Apis;
import io.varve.broker.RecordService;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.cluster.Leadership;
import io.varve.cluster.PartitionId;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.server.RunningBroker;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;

/** A broker in memory, with just what HTTP asks for. */
final class FakeBroker implements TopicRegistry, Leadership, RecordService {
    static final String CLUSTER = "test-cluster";
    static final long NOW_MILLIS = 1_700_000_000_000L;
    static final int MAX_VALUE_BYTES = 1_000_000;

    private final Map<String, Topic> topics = new ConcurrentHashMap<>();
    private final Map<PartitionId, List<StoredRecord>> logs = new ConcurrentHashMap<>();
    private final AtomicInteger pending = new AtomicInteger();
    private volatile int mostPending;

    /** When set, appends are acknowledged only once this is done. */
    volatile CompletableFuture<Void> acknowledge = CompletableFuture.completedFuture(null);

    RunningBroker running() {
        Apis apis = Apis.builder()
                .serve(ApiKeys.CREATE_TOPICS, this::createTopics)
                .serve(ApiKeys.DELETE_TOPICS, this::deleteTopics)
                .serve(ApiKeys.DESCRIBE_CONFIGS, this::describeConfigs)
                .serve(ApiKeys.LIST_OFFSETS, this::listOffsets)
                .build();
        return new RunningBroker(
                CLUSTER,
                1,
                "localhost:9092",
                this,
                this,
                this,
                apis,
                null,
                Executors.newVirtualThreadPerTaskExecutor());
    }

    /** The most appends that were waiting for their acknowledgement at a time. */
    int mostPending() {
        return mostPending;
    }

    int count(String topic) {
        return logs.entrySet().stream()
                .filter(log -> log.getKey().topicId().equals(topics.get(topic).id()))
                .mapToInt(log -> log.getValue().size())
                .sum();
    }

    private CompletableFuture<Reply> createTopics(Request request) {
        var data = request.body(CreateTopicsRequest.class).data();
        var response = new CreateTopicsResponseData();
        for (CreatableTopic wanted : data.topics()) {
            var result = new CreatableTopicResult().setName(wanted.name());
            if (topics.containsKey(wanted.name())) {
                result.setErrorCode(Errors.TOPIC_ALREADY_EXISTS.code())
                        .setErrorMessage("Topic '" + wanted.name() + "' already exists.");
            } else {
                int partitions = wanted.numPartitions() == -1 ? 1 : wanted.numPartitions();
                var configs = new HashMap<String, String>();
                wanted.configs().forEach(config -> configs.put(config.name(), config.value()));
                Topic topic = data.validateOnly()
                        ? new Topic(wanted.name(), Uuid.ZERO_UUID, partitions, (short) 1, configs)
                        : create(wanted.name(), partitions, (short) 1, configs);
                result.setTopicId(topic.id()).setNumPartitions(partitions).setReplicationFactor((short) 1);
            }
            response.topics().add(result);
        }
        return reply(new Reply.Send(new CreateTopicsResponse(response)));
    }

    private CompletableFuture<Reply> deleteTopics(Request request) {
        var response = new DeleteTopicsResponseData();
        for (var wanted : request.body(DeleteTopicsRequest.class).data().topics()) {
            boolean known = topics.remove(wanted.name()) != null;
            response.responses()
                    .add(new DeletableTopicResult()
                            .setName(wanted.name())
                            .setErrorCode((known ? Errors.NONE : Errors.UNKNOWN_TOPIC_OR_PARTITION).code()));
        }
        return reply(new Reply.Send(new DeleteTopicsResponse(response)));
    }

    private CompletableFuture<Reply> describeConfigs(Request request) {
        var retention = new DescribeConfigsResourceResult()
                .setName(TopicConfig.RETENTION_MS_CONFIG)
                .setValue("604800000")
                .setConfigSource((byte) 5);
        var segment = new DescribeConfigsResourceResult()
                .setName(TopicConfig.SEGMENT_BYTES_CONFIG)
                .setValue("1048576")
                .setConfigSource((byte) 1);
        var result = new DescribeConfigsResult().setConfigs(List.of(segment, retention));
        return reply(new Reply.Send(
                new DescribeConfigsResponse(new DescribeConfigsResponseData().setResults(List.of(result)))));
    }

    private CompletableFuture<Reply> listOffsets(Request request) {
        var asked = request.body(ListOffsetsRequest.class).data().topics().getFirst();
        var partition = asked.partitions().getFirst();
        boolean latest = partition.timestamp() == ListOffsetsRequest.LATEST_TIMESTAMP;
        var id = new PartitionId(topics.get(asked.name()).id(), partition.partitionIndex());
        long offset = latest ? logs.getOrDefault(id, List.of()).size() : 0;
        var answer = new ListOffsetsTopicResponse()
                .setName(asked.name())
                .setPartitions(List.of(new ListOffsetsPartitionResponse()
                        .setPartitionIndex(partition.partitionIndex())
                        .setOffset(offset)));
        return reply(new Reply.Send(new ListOffsetsResponse(new ListOffsetsResponseData().setTopics(List.of(answer)))));
    }

    private static CompletableFuture<Reply> reply(Reply reply) {
        return CompletableFuture.completedFuture(reply);
    }

    @Override
    public CompletableFuture<Appended> append(String name, Integer partition, List<NewRecord> records) {
        Topic topic = topics.get(name);
        int index = partition == null ? 0 : partition;
        if (topic == null || index >= topic.partitions()) {
            return CompletableFuture.failedFuture(new UnknownTopicOrPartitionException());
        }
        for (NewRecord message : records) {
            if (message.value() != null && message.value().length > MAX_VALUE_BYTES) {
                return CompletableFuture.failedFuture(new RecordTooLargeException("too large"));
            }
        }
        List<StoredRecord> log = logs.computeIfAbsent(new PartitionId(topic.id(), index), id -> new ArrayList<>());
        long base;
        synchronized (log) {
            base = log.size();
            for (NewRecord message : records) {
                long timestamp = message.timestamp() == null ? NOW_MILLIS : message.timestamp();
                log.add(new StoredRecord(
                        log.size(),
                        timestamp,
                        TimestampType.CREATE_TIME,
                        message.key(),
                        message.value(),
                        message.headers()));
            }
        }
        long timestamp = log.get((int) base).timestamp();
        mostPending = Math.max(mostPending, pending.incrementAndGet());
        return acknowledge.thenApply(done -> {
            pending.decrementAndGet();
            return new Appended(index, base, timestamp);
        });
    }

    @Override
    public CompletableFuture<Fetched> read(String name, int partition, long offset, int maxBytes, int maxWaitMillis) {
        List<StoredRecord> log =
                logs.getOrDefault(new PartitionId(topics.get(name).id(), partition), List.of());
        if (offset > log.size()) {
            return CompletableFuture.failedFuture(new OffsetOutOfRangeException("there is no offset " + offset));
        }
        return CompletableFuture.completedFuture(
                new Fetched(0, log.size(), List.copyOf(log.subList((int) offset, log.size()))));
    }

    @Override
    public Leader of(PartitionId id) {
        return new Leader(1, 4, List.of(1, 2), List.of(1));
    }

    @Override
    public Optional<Topic> byName(String name) {
        return Optional.ofNullable(topics.get(name));
    }

    @Override
    public Optional<Topic> byId(Uuid id) {
        return topics.values().stream().filter(topic -> topic.id().equals(id)).findFirst();
    }

    @Override
    public Collection<Topic> all() {
        return topics.values();
    }

    @Override
    public Topic create(
            String name,
            int partitions,
            short replicationFactor,
            Map<String, String> configs,
            List<List<Integer>> assignments) {
        var topic = new Topic(name, Uuid.randomUuid(), partitions, replicationFactor, configs);
        if (topics.putIfAbsent(name, topic) != null) {
            throw new TopicExistsException(name);
        }
        return topic;
    }

    @Override
    public void delete(Topic topic) {
        topics.remove(topic.name());
    }

    @Override
    public Topic addPartitions(Topic topic, int total, List<List<Integer>> added) {
        throw new UnsupportedOperationException("not asked for by HTTP");
    }

    @Override
    public Topic reassign(Topic topic, UnaryOperator<Topic> change) {
        throw new UnsupportedOperationException("not asked for by HTTP");
    }

    @Override
    public Topic alterConfigs(Topic topic, UnaryOperator<Map<String, String>> change) {
        throw new UnsupportedOperationException("not asked for by HTTP");
    }

    @Override
    public void addListener(Listener listener) {
        throw new UnsupportedOperationException("not asked for by HTTP");
    }

    @Override
    public void close() {}
}
