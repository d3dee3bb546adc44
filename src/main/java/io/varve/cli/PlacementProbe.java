package io.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Asks a broker's HTTP side where things are and why, which Kafka's protocol has no words for. */
final class PlacementProbe {
    private static final int TIMEOUT_MILLIS = 2000;

    private PlacementProbe() {}

    /** What it says of the cluster; missing when it does not answer. */
    static JsonNode cluster(String url, String clusterId) {
        return ask(url + "/v3/clusters/" + encode(clusterId) + "/placement");
    }

    /** What it says of a topic's partitions; missing when it does not answer. */
    static JsonNode topic(String url, String clusterId, String topic) {
        return ask(url + "/v3/clusters/" + encode(clusterId) + "/placement/" + encode(topic));
    }

    private static JsonNode ask(String url) {
        try {
            var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            try (InputStream body = connection.getResponseCode() == 200 ? connection.getInputStream() : null) {
                return body == null ? MissingNode.getInstance() : new ObjectMapper().readTree(body);
            } finally {
                connection.disconnect();
            }
        } catch (IOException | IllegalArgumentException e) {
            return MissingNode.getInstance();
        }
    }

    private static String encode(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
