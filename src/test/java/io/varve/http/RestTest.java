package io.varve.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The REST resources as an HTTP client sees them, over a broker in memory. */
@QuarkusTest
class RestTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TestHTTPResource
    URI server;

    @Inject
    FakeLifecycle lifecycle;

    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void newBroker() {
        lifecycle.reset();
    }

    @Test
    void theClusterIsListedAndFoundById() throws Exception {
        JsonNode list = json(get("/v3/clusters"), 200);
        JsonNode one = json(get("/v3/clusters/test-cluster"), 200);

        assertThat(list.at("/kind").asText()).isEqualTo("KafkaClusterList");
        assertThat(list.at("/data/0/cluster_id").asText()).isEqualTo("test-cluster");
        assertThat(one.at("/metadata/resource_name").asText()).isEqualTo("crn:///kafka=test-cluster");
        assertThat(one.at("/topics/related").asText())
                .isEqualTo(server.resolve("/v3/clusters/test-cluster/topics").toString());
        assertThat(json(get("/v3/clusters/other"), 404).at("/error_code").asInt())
                .isEqualTo(404);
    }

    @Test
    void aTopicIsCreatedFoundAndDeleted() throws Exception {
        // When it is created
        HttpResponse<String> created = post("/topics", """
                {"topic_name": "orders", "partitions_count": 3, "configs": [{"name": "segment.bytes", "value": "1048576"}]}""");

        // Then it says where it is
        JsonNode topic = json(created, 201);
        assertThat(created.headers().firstValue("Location"))
                .contains(server.resolve("/v3/clusters/test-cluster/topics/orders")
                        .toString());
        assertThat(topic.at("/kind").asText()).isEqualTo("KafkaTopic");
        assertThat(topic.at("/partitions_count").asInt()).isEqualTo(3);
        assertThat(lifecycle.broker().byName("orders").orElseThrow().configs())
                .isEqualTo(Map.of("segment.bytes", "1048576"));

        // And it is found, once
        assertThat(json(get(cluster("/topics/orders")), 200).at("/topic_name").asText())
                .isEqualTo("orders");
        assertThat(json(get(cluster("/topics")), 200).at("/data")).hasSize(1);
        JsonNode again = json(post("/topics", "{\"topic_name\": \"orders\"}"), 400);
        assertThat(again.at("/error_code").asInt()).isEqualTo(40002);
        assertThat(again.at("/message").asText()).isEqualTo("Topic 'orders' already exists.");

        // And it can be deleted, once
        assertThat(delete("/topics/orders").statusCode()).isEqualTo(204);
        assertThat(json(delete("/topics/orders"), 404).at("/error_code").asInt())
                .isEqualTo(40403);
        assertThat(json(get(cluster("/topics/orders")), 404).at("/error_code").asInt())
                .isEqualTo(40403);
    }

    @Test
    void aTopicCanBeTriedWithoutCreatingIt() throws Exception {
        JsonNode topic = json(post("/topics", "{\"topic_name\": \"orders\", \"validate_only\": true}"), 200);

        assertThat(topic.at("/partitions_count").asInt()).isEqualTo(1);
        assertThat(lifecycle.broker().all()).isEmpty();
    }

    @Test
    void aBodyThatIsNotUnderstoodIsABadRequest() throws Exception {
        assertThat(json(post("/topics", "{\"topic_name\": "), 400)
                        .at("/error_code")
                        .asInt())
                .isEqualTo(400);
        assertThat(json(post("/topics", "{}"), 400).at("/message").asText()).isEqualTo("topic_name is required.");
        topic("orders", 1);
        assertThat(json(produce("{"), 400).at("/error_code").asInt()).isEqualTo(400);
        assertThat(json(produce(" "), 400).at("/message").asText()).isEqualTo("The request has no record in it.");
        assertThat(json(get("/v3/nothing"), 404).at("/error_code").asInt()).isEqualTo(404);
    }

    @Test
    void partitionsTellTheirLeader() throws Exception {
        topic("orders", 2);

        JsonNode list = json(get(cluster("/topics/orders/partitions")), 200);
        JsonNode one = json(get(cluster("/topics/orders/partitions/1")), 200);

        assertThat(list.at("/data")).hasSize(2);
        assertThat(one.at("/partition_id").asInt()).isEqualTo(1);
        assertThat(one.at("/leader/related").asText()).endsWith("/topics/orders/partitions/1/replicas/1");
        assertThat(one.at("/leader_epoch").asInt()).isEqualTo(4);
        assertThat(one.at("/replica_ids").toString()).isEqualTo("[1,2]");
        assertThat(one.at("/isr_ids").toString()).isEqualTo("[1]");
        assertThat(json(get(cluster("/topics/orders/partitions/2")), 404)
                        .at("/error_code")
                        .asInt())
                .isEqualTo(40403);
    }

    @Test
    void settingsTellWhereTheyComeFrom() throws Exception {
        topic("orders", 1);

        JsonNode list = json(get(cluster("/topics/orders/configs")), 200);
        JsonNode one = json(get(cluster("/topics/orders/configs/segment.bytes")), 200);

        assertThat(list.at("/data/0/name").asText()).isEqualTo("retention.ms");
        assertThat(list.at("/data/0/is_default").asBoolean()).isTrue();
        assertThat(one.at("/value").asText()).isEqualTo("1048576");
        assertThat(one.at("/source").asText()).isEqualTo("DYNAMIC_TOPIC_CONFIG");
        assertThat(one.at("/is_default").asBoolean()).isFalse();
        assertThat(json(get(cluster("/topics/orders/configs/nothing")), 404)
                        .at("/error_code")
                        .asInt())
                .isEqualTo(404);
    }

    @Test
    void aRecordIsWrittenAndReadBack() throws Exception {
        topic("orders", 2);

        // When a record with everything in it is written
        JsonNode produced = json(produce("""
                {"partition_id": 1,
                 "headers": [{"name": "trace", "value": "YWJj"}, {"name": "none", "value": null}],
                 "key": {"type": "STRING", "data": "k\u00e9y"},
                 "value": {"type": "JSON", "data": {"price": 1.10, "big": 12345678901234567890}},
                 "timestamp": "2026-01-31T12:00:00Z"}"""), 200);

        // Then its place is told
        assertThat(produced.toString())
                .isEqualTo(
                        "{\"error_code\":200,\"cluster_id\":\"test-cluster\",\"topic_name\":\"orders\",\"partition_id\":1,"
                                + "\"offset\":0,\"timestamp\":\"2026-01-31T12:00:00Z\",\"key\":{\"type\":\"STRING\",\"size\":4},"
                                + "\"value\":{\"type\":\"JSON\",\"size\":41}}");

        // And it is read back as it was, in each format
        JsonNode json = json(get(cluster("/topics/orders/partitions/1/records?format=json")), 200);
        assertThat(json.at("/data/0/value/data").toString()).isEqualTo("{\"price\":1.1,\"big\":12345678901234567890}");
        assertThat(json.at("/next_offset").asLong()).isEqualTo(1);
        assertThat(json.at("/high_watermark").asLong()).isEqualTo(1);
        JsonNode string = json(get(cluster("/topics/orders/partitions/1/records?offset=0&format=string")), 200);
        assertThat(string.at("/data/0/key").toString()).isEqualTo("{\"type\":\"STRING\",\"data\":\"k\u00e9y\"}");
        assertThat(string.at("/data/0/value/data").asText()).isEqualTo("{\"price\":1.10,\"big\":12345678901234567890}");
        assertThat(string.at("/data/0/timestamp").asText()).isEqualTo("2026-01-31T12:00:00Z");
        assertThat(string.at("/data/0/headers").toString())
                .isEqualTo("[{\"name\":\"trace\",\"value\":\"YWJj\"},{\"name\":\"none\",\"value\":null}]");
        JsonNode binary = json(get(cluster("/topics/orders/partitions/1/records")), 200);
        assertThat(binary.at("/data/0/key").toString()).isEqualTo("{\"type\":\"BINARY\",\"data\":\"a8OpeQ==\"}");
    }

    @Test
    void aRecordMayHaveNeitherKeyNorValue() throws Exception {
        topic("orders", 1);

        json(produce("{\"key\": {\"type\": \"BINARY\", \"data\": null}}"), 200);

        JsonNode read = json(get(cluster("/topics/orders/partitions/0/records?format=string")), 200);
        assertThat(read.at("/data/0/key/data").isNull()).isTrue();
        assertThat(read.at("/data/0/value/data").isNull()).isTrue();
    }

    @Test
    void aRecordThatIsRefusedSaysWhy() throws Exception {
        topic("orders", 1);

        assertThat(json(produce("{\"valu\": {\"type\": \"STRING\", \"data\": \"x\"}}"), 400)
                        .path("message")
                        .asText())
                .isEqualTo("a record has no field valu; known are headers, key, partition_id, timestamp, value.");
        assertThat(json(produce("{\"value\": {\"data\": \"x\"}}"), 400)
                        .at("/message")
                        .asText())
                .isEqualTo("value.type is required: BINARY, STRING or JSON.");
        assertThat(json(produce("{\"value\": {\"type\": \"AVRO\", \"data\": \"x\"}}"), 400)
                        .at("/message")
                        .asText())
                .isEqualTo("type AVRO is not BINARY, STRING or JSON.");
        assertThat(json(produce("{\"value\": {\"type\": \"BINARY\", \"data\": \"***\"}}"), 400)
                        .at("/message")
                        .asText())
                .isEqualTo("data of type BINARY is not base64.");
        assertThat(json(produce("{\"partition_id\": 1}"), 404).at("/error_code").asInt())
                .isEqualTo(40403);
        assertThat(json(
                                produce("{\"value\": {\"type\": \"STRING\", \"data\": \"" + "x".repeat(1_000_001)
                                        + "\"}}"),
                                413)
                        .at("/error_code")
                        .asInt())
                .isEqualTo(413);
        assertThat(json(send("POST", cluster("/topics/nothing/records"), "{}"), 404)
                        .at("/error_code")
                        .asInt())
                .isEqualTo(40403);
        assertThat(lifecycle.broker().count("orders")).isZero();
    }

    @Test
    void severalRecordsInOneBodyAreAnsweredInOrder() throws Exception {
        topic("orders", 1);

        HttpResponse<String> response = produce("""
                {"value": {"type": "STRING", "data": "a"}}
                {"value": {"type": "NOTHING", "data": "b"}}
                {"value": {"type": "STRING", "data": "c"}}{"value": {"type": "STRING", "data": "d"}}
                """);

        assertThat(response.statusCode()).isEqualTo(200);
        List<JsonNode> lines = lines(response.body());
        assertThat(lines.stream().map(line -> line.at("/error_code").asInt())).containsExactly(200, 400, 200, 200);
        assertThat(lines.stream().map(line -> line.at("/offset").asInt(-1))).containsExactly(0, -1, 1, 2);
    }

    @Test
    void afterWhatIsNoJsonTheStreamEnds() throws Exception {
        topic("orders", 1);

        HttpResponse<String> response = produce("""
                {"value": {"type": "STRING", "data": "a"}}
                {"value": {"type": "STRING", "data": "b"}}
                {"value": nonsense}
                {"value": {"type": "STRING", "data": "c"}}
                """);

        List<JsonNode> lines = lines(response.body());
        assertThat(lines.stream().map(line -> line.at("/error_code").asInt())).containsExactly(200, 200, 400);
        assertThat(lifecycle.broker().count("orders")).isEqualTo(2);
    }

    @Test
    void readingBeyondTheEndIsRefusedAndBadParametersAreTold() throws Exception {
        topic("orders", 1);
        String records = cluster("/topics/orders/partitions/0/records");

        assertThat(json(get(records + "?offset=end"), 200).at("/next_offset").asInt())
                .isZero();
        assertThat(json(get(records + "?offset=5"), 416).at("/error_code").asInt())
                .isEqualTo(416);
        assertThat(json(get(records + "?offset=-1"), 400).at("/message").asText())
                .isEqualTo("offset is beginning, end, or an offset.");
        assertThat(json(get(records + "?max_bytes=0"), 400).at("/message").asText())
                .isEqualTo("max_bytes is from 1 to 8388608.");
        assertThat(json(get(records + "?timeout=30001"), 400).at("/message").asText())
                .isEqualTo("timeout is from 0 to 30000 ms.");
        assertThat(json(get(records + "?format=avro"), 400).at("/message").asText())
                .isEqualTo("type avro is not BINARY, STRING or JSON.");
    }

    @Test
    void readyNamesWhatIsMissingAndLiveDoesNotMind() throws Exception {
        // Given a broker whose etcd is away
        lifecycle.etcdProblem(Optional.of("etcd does not answer at http://etcd:2379."));

        JsonNode notReady = json(get("/health/ready"), 503);
        assertThat(notReady.at("/status").asText()).isEqualTo("DOWN");
        assertThat(notReady.at("/checks/0/data/etcd").asText()).isEqualTo("etcd does not answer at http://etcd:2379.");
        assertThat(json(get("/health/live"), 200).at("/status").asText()).isEqualTo("UP");

        // When it is back
        lifecycle.etcdProblem(Optional.empty());
        assertThat(json(get("/health/ready"), 200).at("/status").asText()).isEqualTo("UP");

        // A warning is told, and no reason to send nobody here
        lifecycle.etcdWarning(Optional.of("etcd is nearly full."));
        JsonNode warned = json(get("/health/ready"), 200);
        assertThat(warned.at("/status").asText()).isEqualTo("UP");
        assertThat(warned.at("/checks/0/data").path("etcd (warning)").asText()).isEqualTo("etcd is nearly full.");

        // And while it starts
        lifecycle.serving(false);
        assertThat(json(get("/health/ready"), 503).at("/checks/0/data/kafka").asText())
                .isEqualTo("The broker does not serve yet.");
        assertThat(json(get("/v3/clusters"), 503).at("/error_code").asInt()).isEqualTo(50302);
    }

    @Test
    void metricsAndOpenApiAreServed() throws Exception {
        assertThat(get("/metrics").body()).contains("jvm_memory_used_bytes");
        String openApi = get("/openapi").body();
        assertThat(openApi)
                .contains("/v3/clusters/{cluster}/topics/{topic}/records:")
                .contains("/v3/clusters/{cluster}/topics/{topic}/partitions/{partition}/records:");
    }

    private void topic(String name, int partitions) {
        lifecycle.broker().create(name, partitions, (short) 1, Map.of());
    }

    private static String cluster(String path) {
        return "/v3/clusters/test-cluster" + path;
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(server.resolve(path)).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> delete(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(server.resolve(cluster(path))).DELETE().build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send("POST", cluster(path), body);
    }

    private HttpResponse<String> produce(String body) throws IOException, InterruptedException {
        return send("POST", cluster("/topics/orders/records"), body);
    }

    private HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.resolve(path))
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(body))
                .build();
        return http.send(request, BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response, int status) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return JSON.readTree(response.body());
    }

    private static List<JsonNode> lines(String body) throws IOException {
        try (var values = JSON.readerFor(JsonNode.class).<JsonNode>readValues(body)) {
            return values.readAll();
        }
    }
}
