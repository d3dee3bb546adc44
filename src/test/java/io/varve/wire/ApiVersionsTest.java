package io.varve.wire;

import static io.varve.wire.Fakes.now;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.junit.jupiter.api.Test;

/** What clients are told this broker can do. */
class ApiVersionsTest {
    private final Set<ApiKeys> supported = Set.of(
            ApiKeys.PRODUCE,
            ApiKeys.METADATA,
            ApiKeys.API_VERSIONS,
            ApiKeys.INIT_PRODUCER_ID,
            ApiKeys.DESCRIBE_CLUSTER);
    private final AtomicInteger port = new AtomicInteger();

    private TestServer start() throws InterruptedException {
        Map<ApiKeys, RequestHandler> handlers = new EnumMap<>(ApiKeys.class);
        supported.forEach(api -> handlers.put(api, request -> new CompletableFuture<>()));
        handlers.put(ApiKeys.API_VERSIONS, new ApiVersionsHandler(() -> supported));
        handlers.put(ApiKeys.METADATA, this::metadata);
        handlers.put(ApiKeys.DESCRIBE_CLUSTER, this::cluster);
        TestServer server = TestServer.serving(handlers).start();
        port.set(server.port());
        return server;
    }

    private CompletableFuture<Reply> metadata(Request request) {
        MetadataResponseData data =
                new MetadataResponseData().setClusterId("tests").setControllerId(5);
        data.brokers()
                .add(new MetadataResponseBroker()
                        .setNodeId(5)
                        .setHost("127.0.0.1")
                        .setPort(port.get()));
        return now(new Reply.Send(new MetadataResponse(data, request.version())));
    }

    private CompletableFuture<Reply> cluster(Request request) {
        DescribeClusterResponseData data =
                new DescribeClusterResponseData().setClusterId("tests").setControllerId(5);
        data.brokers()
                .add(new DescribeClusterBroker()
                        .setBrokerId(5)
                        .setHost("127.0.0.1")
                        .setPort(port.get()));
        return now(new Reply.Send(new DescribeClusterResponse(data)));
    }

    private static ApiVersionsRequest request(short version) {
        return new ApiVersionsRequest.Builder(version).build(version);
    }

    @Test
    void tellsExactlyWhatHasAHandlerInStableVersions() throws Exception {
        try (TestServer server = start();
                RawClient client = server.connect()) {
            for (short version : ApiKeys.API_VERSIONS.allVersions()) {
                client.send(request(version));
                ApiVersionsResponseData data =
                        client.receive().as(ApiVersionsResponse.class).data();

                assertThat(data.errorCode()).isEqualTo(Errors.NONE.code());
                assertThat(data.apiKeys())
                        .containsExactlyInAnyOrder(
                                range(ApiKeys.PRODUCE, 0, 13),
                                range(ApiKeys.METADATA, 0, 13),
                                range(ApiKeys.API_VERSIONS, 0, 4),
                                range(ApiKeys.INIT_PRODUCER_ID, 0, 5),
                                range(ApiKeys.DESCRIBE_CLUSTER, 0, 2));
            }
        }
    }

    private static ApiVersion range(ApiKeys api, int min, int max) {
        return new ApiVersion().setApiKey(api.id).setMinVersion((short) min).setMaxVersion((short) max);
    }

    @Test
    void tellsOfTheConsumerProtocolAndOfNothingThatIsNotThere() throws Exception {
        try (TestServer server = start();
                RawClient client = server.connect()) {
            client.send(request((short) 4));
            ApiVersionsResponseData latest =
                    client.receive().as(ApiVersionsResponse.class).data();
            assertThat(latest.finalizedFeatures())
                    .extracting(feature -> feature.name() + "=" + feature.maxVersionLevel())
                    .containsExactly("group.version=1");
            assertThat(latest.supportedFeatures())
                    .extracting(feature -> feature.name() + "=" + feature.minVersion() + ".." + feature.maxVersion())
                    .containsExactly("group.version=0..1");

            // KIP-1022: a client of version 3 throws when a feature starts at level 0.
            client.send(request((short) 3));
            assertThat(client.receive().as(ApiVersionsResponse.class).data().supportedFeatures())
                    .isEmpty();
        }
    }

    @Test
    void aVersionFromTheFutureIsAnsweredInVersion0WithTheList() throws Exception {
        try (TestServer server = start();
                RawClient client = server.connect()) {
            client.sendFrame(ByteBuffer.allocate(20)
                    .putShort(ApiKeys.API_VERSIONS.id)
                    .putShort((short) 99)
                    .putInt(4711)
                    .putShort((short) 1)
                    .put((byte) 'c')
                    .put((byte) 0)
                    .putLong(0x0102030405060708L)
                    .array());
            ByteBuffer answer = ByteBuffer.wrap(client.receiveFrame());

            assertThat(answer.getInt()).isEqualTo(4711);
            ApiVersionsResponseData data = new ApiVersionsResponseData(new ByteBufferAccessor(answer), (short) 0);
            assertThat(data.errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
            assertThat(data.apiKeys().find(ApiKeys.API_VERSIONS.id).maxVersion())
                    .isEqualTo((short) 4);
            assertThat(answer.hasRemaining()).isFalse();

            client.send(request((short) 4));
            assertThat(client.receive().as(ApiVersionsResponse.class).data().errorCode())
                    .as("the connection goes on")
                    .isZero();
        }
    }

    @Test
    void anInvalidSoftwareNameIsRefusedInTheAnswer() throws Exception {
        try (TestServer server = start();
                RawClient client = server.connect()) {
            ApiVersionsRequest bad = new ApiVersionsRequest(
                    new ApiVersionsRequestData().setClientSoftwareName("  ").setClientSoftwareVersion("1"), (short) 3);
            client.send(bad);

            assertThat(client.receive().as(ApiVersionsResponse.class).data().errorCode())
                    .isEqualTo(Errors.INVALID_REQUEST.code());
        }
    }

    @Test
    void kafkasOwnAdminClientUnderstandsIt() throws Exception {
        Properties settings = new Properties();
        try (TestServer server = start()) {
            settings.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:" + server.port());
            try (Admin admin = Admin.create(settings)) {
                List<Node> nodes = List.copyOf(admin.describeCluster().nodes().get(30, TimeUnit.SECONDS));
                FeatureMetadata features =
                        admin.describeFeatures().featureMetadata().get(30, TimeUnit.SECONDS);

                assertThat(nodes).extracting(Node::id).containsExactly(5);
                assertThat(features.finalizedFeatures().get("group.version").maxVersionLevel())
                        .isEqualTo((short) 1);
                assertThat(features.finalizedFeatures()).hasSize(1);
            }
        }
    }
}
