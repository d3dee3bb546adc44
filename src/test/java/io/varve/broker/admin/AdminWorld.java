package io.varve.broker.admin;

import io.netty.buffer.Unpooled;
import io.varve.broker.Apis;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.cluster.BrokerDefaults;
import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Leadership;
import io.varve.cluster.PartitionId;
import io.varve.cluster.TopicConfigs;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** The admin handlers with everything around them in memory; requests and answers go through Kafka's codec both ways. */
final class AdminWorld implements ClusterView, Leadership {
    static final String CLUSTER = "the-cluster";

    final MemoryTopics topics = new MemoryTopics();
    final MemoryGroupConfigs groups = new MemoryGroupConfigs();
    final StepTime time = new StepTime();
    final List<Node> brokers = new CopyOnWriteArrayList<>(List.of(new Node(1, "one.example", 9092, "rack-a")));
    final Map<PartitionId, Leadership.Leader> leaders = new HashMap<>();
    private final AdminApis.Parts parts;
    private final Apis apis;

    AdminWorld() {
        this(Map.of());
    }

    AdminWorld(Map<String, String> kafkaSettings) {
        BrokerDefaults defaults = new BrokerDefaults(kafkaSettings);
        TopicConfigs configs = new TopicConfigs(defaults);
        TopicAdmin admin = new TopicAdmin(topics, configs, defaults, this);
        parts = new AdminApis.Parts(topics, configs, defaults, this, this, groups, admin, time);
        Apis.Builder builder = Apis.builder();
        register(builder);
        apis = builder.build();
    }

    void register(Apis.Builder builder) {
        AdminApis.register(builder, parts);
    }

    /** A cluster of brokers 1 to {@code count}. */
    AdminWorld withBrokers(int count) {
        for (int id = 2; id <= count; id++) {
            brokers.add(new Node(id, "broker-" + id + ".example", 9092));
        }
        return this;
    }

    /** The answer as the client reads it: what the codec cannot say in the request's version fails here. */
    <T extends AbstractResponse> T ask(AbstractRequest request, Class<T> type) {
        CompletableFuture<Reply> future = start(request);
        try {
            Reply.Send reply = (Reply.Send) future.get(30, TimeUnit.SECONDS);
            ApiKeys api = request.apiKey();
            short version = request.version();
            return type.cast(AbstractResponse.parseResponse(
                    api, MessageUtil.toByteBufferAccessor(reply.response().data(), version), version));
        } catch (ExecutionException e) {
            throw (RuntimeException) e.getCause();
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private CompletableFuture<Reply> start(AbstractRequest request) {
        ApiKeys api = request.apiKey();
        AbstractRequest read = AbstractRequest.parseRequest(api, request.version(), request.serialize()).request;
        return apis.handler(api)
                .handle(new Request(
                        new RequestHeader(api, request.version(), "test", 7),
                        read,
                        Unpooled.buffer(0),
                        new Request.Client("c", InetAddress.getLoopbackAddress(), 9092),
                        Runnable::run));
    }

    @Override
    public String clusterId() {
        return CLUSTER;
    }

    @Override
    public int self() {
        return 1;
    }

    @Override
    public int controller() {
        return 1;
    }

    @Override
    public void addListener(Runnable listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Announcement> announcements() {
        return brokers().stream()
                .map(node -> new Announcement(node.id(), "i", node.host(), node.port(), node.rack()))
                .toList();
    }

    @Override
    public List<Node> brokers() {
        return brokers;
    }

    @Override
    public Leadership.Leader of(PartitionId id) {
        return leaders.getOrDefault(id, new Leadership.Leader(1, 4, List.of(1), List.of(1)));
    }

    /** Configs of groups, of which there is one number and one list. */
    static final class MemoryGroupConfigs implements GroupConfigs {
        static final String TIMEOUT = "consumer.session.timeout.ms";
        final Map<String, Map<String, String>> own = new TreeMap<>();

        @Override
        public ConfigDef definitions() {
            return new ConfigDef()
                    .define(TIMEOUT, ConfigDef.Type.INT, 45_000, ConfigDef.Importance.HIGH, "How long.")
                    .define("list", ConfigDef.Type.LIST, "a,b", ConfigDef.Importance.HIGH, "Some.");
        }

        @Override
        public Map<String, String> own(String group) {
            return own.getOrDefault(group, Map.of());
        }

        @Override
        public Map<String, String> defaults() {
            return Map.of(TIMEOUT, "50000", "list", "a,b");
        }

        @Override
        public void set(String group, Map<String, String> configs, boolean validateOnly) {
            configs.keySet().forEach(name -> {
                if (!definitions().names().contains(name)) {
                    throw new InvalidConfigurationException("Unknown group config name: " + name);
                }
            });
            if (!validateOnly) {
                own.put(group, configs);
            }
        }
    }
}
