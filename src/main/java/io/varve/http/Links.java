package io.varve.http;

import jakarta.ws.rs.core.UriInfo;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Addresses of resources, as seen by who asked. */
record Links(String base, String clusterId) {

    static Links of(UriInfo uri, String clusterId) {
        String base = uri.getBaseUri().toString();
        return new Links((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/v3", clusterId);
    }

    String clusters() {
        return base + "/clusters";
    }

    String cluster() {
        return clusters() + "/" + encode(clusterId);
    }

    String topics() {
        return cluster() + "/topics";
    }

    String topic(String topic) {
        return topics() + "/" + encode(topic);
    }

    String partitions(String topic) {
        return topic(topic) + "/partitions";
    }

    String partition(String topic, int partition) {
        return partitions(topic) + "/" + partition;
    }

    String config(String topic, String name) {
        return topic(topic) + "/configs/" + encode(name);
    }

    /** Confluent's resource name of something in this cluster, {@code /topic=t} for example. */
    String resourceName(String path) {
        return "crn:///kafka=" + clusterId + path;
    }

    private static String encode(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
