package io.varve.broker.forward;

import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.varve.broker.Apis;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.ClusterView;
import io.varve.cluster.PartitionId;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.replica.ForwardException;
import io.varve.replica.Forwarder;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * A broker among others, of which only its way to them is real. Partition p of topic "t" belongs to broker 1 + p % 3, group "g-n" to broker 1 + n % 3; this one
 * is broker 1.
 */
final class World {
    static final Topic TOPIC = new Topic("t", Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ"), 6, (short) 1, Map.of());

    /** What was asked of each broker, in order: this one among them. */
    final List<Asked> asked = new ArrayList<>();

    final Hold hold = new Hold();

    /** What lies before this offset every broker can read. */
    long sealedTo;

    private final Map<ApiKeys, RequestHandler> handlers = new HashMap<>();

    /** One request, or a part of one, as it came to {@code broker}. */
    static final class Asked {
        final int broker;
        final AbstractRequest body;
        final CompletableFuture<Forwarder.Answer> remote = new CompletableFuture<>();
        final CompletableFuture<Reply> local = new CompletableFuture<>();
        final int timeoutMillis;
        final Hold answer = new Hold();
        boolean hurried;

        Asked(int broker, AbstractRequest body, int timeoutMillis) {
            this.broker = broker;
            this.body = body;
            this.timeoutMillis = timeoutMillis;
        }

        void answer(AbstractResponse response) {
            if (broker == 1) {
                local.complete(new Reply.Send(response));
            } else {
                ByteBuffer bytes = MessageUtil.toByteBufferAccessor(response.data(), body.version())
                        .buffer();
                remote.complete(new Forwarder.Answer.Message(bytes, answer));
            }
        }

        void fail(ForwardException.Outcome outcome) {
            remote.completeExceptionally(ForwardException.of(outcome, "broker " + broker + ": gone"));
        }
    }

    /** Counts references; one is the test's own. */
    static final class Hold extends AbstractReferenceCounted {
        @Override
        protected void deallocate() {
            // The test's own.
        }

        @Override
        public ReferenceCounted touch(Object hint) {
            return this;
        }
    }

    private final Forwarder forwarder = (broker, request) -> {
        ByteBuffer bytes = joined(request.bytes());
        RequestHeader header = RequestHeader.parse(bytes);
        AbstractRequest body = AbstractRequest.parseRequest(
                        header.apiKey(), header.apiVersion(), new ByteBufferAccessor(bytes))
                .request;
        Asked one = new Asked(broker, body, request.timeoutMillis());
        asked.add(one);
        return new Forwarder.Call() {
            @Override
            public CompletableFuture<Forwarder.Answer> answer() {
                return one.remote;
            }

            @Override
            public void hurry() {
                one.hurried = true;
            }
        };
    };

    private static ByteBuffer joined(List<ByteBuffer> pieces) {
        ByteBuffer all = ByteBuffer.allocate(
                pieces.stream().mapToInt(ByteBuffer::remaining).sum());
        pieces.forEach(each -> all.put(each.duplicate()));
        return all.flip();
    }

    Whereabouts where() {
        return new Whereabouts(
                cluster(),
                topics(),
                (PartitionId id) -> 1 + id.partition() % 3,
                group -> OptionalInt.of(1 + Integer.parseInt(group.substring(2)) % 3),
                (partition, offset) -> offset < sealedTo);
    }

    private static ClusterView cluster() {
        return new ClusterView() {
            @Override
            public String clusterId() {
                return "cluster";
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
            public List<Node> brokers() {
                return List.of(new Node(1, "a", 1), new Node(2, "b", 2), new Node(3, "c", 3));
            }

            @Override
            public List<Announcement> announcements() {
                return List.of();
            }

            @Override
            public void addListener(Runnable listener) {
                // Nothing changes here.
            }
        };
    }

    /** Knows the one topic. */
    private static TopicRegistry topics() {
        return (TopicRegistry) Proxy.newProxyInstance(
                World.class.getClassLoader(), new Class<?>[] {TopicRegistry.class}, (proxy, method, arguments) -> {
                    Object key = arguments[0];
                    return switch (method.getName()) {
                        case "byName" -> TOPIC.name().equals(key) ? Optional.of(TOPIC) : Optional.empty();
                        case "byId" -> TOPIC.id().equals(key) ? Optional.of(TOPIC) : Optional.empty();
                        default -> throw new UnsupportedOperationException(method.getName());
                    };
                });
    }

    /** The handlers of this broker remember what they are asked, too. */
    Delivery delivery() {
        Apis.Builder apis = Apis.builder();
        for (ApiKeys api : ApiKeys.clientApis()) {
            apis.serve(api, handlers.getOrDefault(api, request -> {
                Asked one = new Asked(1, request.body(), 0);
                CompletableFuture<Void> _ = request.hurry().thenRun(() -> one.hurried = true);
                asked.add(one);
                return one.local;
            }));
        }
        Apis built = apis.build();
        return new Delivery(built::handler, 1, forwarder);
    }

    CompletableFuture<Reply> ask(RequestHandler handler, AbstractRequest body) {
        RequestHeader header = new RequestHeader(body.apiKey(), body.version(), "client", 7);
        Request.Client client = new Request.Client("client-1", InetAddress.getLoopbackAddress(), 9095);
        return handler.handle(new Request(header, body, hold, client, Runnable::run));
    }

    Asked of(int broker) {
        return asked.stream().filter(one -> one.broker == broker).findFirst().orElseThrow();
    }
}
