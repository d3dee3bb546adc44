package io.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cli.StatusCommand.Health;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Asks a broker's HTTP side whether it is ready. */
final class HealthProbe {
    static final String READY = "ready";
    static final String NOT_READY = "not ready";
    static final String UNKNOWN = "unknown";

    private static final int TIMEOUT_MILLIS = 2000;

    private HealthProbe() {}

    /** Port 8080 of the first host of {@code bootstrap}. */
    static String defaultUrl(String bootstrap) {
        String first = bootstrap.split(",", 2)[0].strip();
        int colon = first.lastIndexOf(':');
        return "http://" + (colon < 0 ? first : first.substring(0, colon)) + ":8080";
    }

    /** Never fails: who does not answer is unknown. */
    static Health ask(String url) {
        try {
            var connection = (HttpURLConnection)
                    URI.create(url + "/health/ready").toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            boolean ready = connection.getResponseCode() == 200;
            try (InputStream body = ready ? connection.getInputStream() : connection.getErrorStream()) {
                return new Health(url, ready ? READY : NOT_READY, body == null ? List.of() : problems(body));
            } finally {
                connection.disconnect();
            }
        } catch (IOException | IllegalArgumentException e) {
            return new Health(url, UNKNOWN, List.of());
        }
    }

    private static List<String> problems(InputStream body) throws IOException {
        var problems = new ArrayList<String>();
        for (JsonNode check : new ObjectMapper().readTree(body).path("checks")) {
            if ("DOWN".equals(check.path("status").asText())) {
                for (JsonNode problem : check.path("data")) {
                    problems.add(problem.asText());
                }
            }
        }
        return problems;
    }
}
