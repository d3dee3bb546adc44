package io.varve.testkit;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Quick looks from outside at whether a server is up. Never throws for a server that is not. */
public final class Probe {
    private static final int LIMIT_MILLIS = 2_000;
    private static final int API_VERSIONS = 18;

    private Probe() {}

    /** True when a Kafka ApiVersions request (version 0) is answered without an error. */
    public static boolean serves(String host, int port) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), LIMIT_MILLIS);
            socket.setSoTimeout(LIMIT_MILLIS);
            var out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(10);
            out.writeShort(API_VERSIONS);
            out.writeShort(0);
            out.writeInt(1);
            out.writeShort(-1);
            out.flush();
            var in = new DataInputStream(socket.getInputStream());
            int size = in.readInt();
            int correlation = in.readInt();
            return size > 6 && correlation == 1 && in.readShort() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** The body of the answer to a GET, whatever its status; empty when nothing answered. */
    public static String httpBody(String url) {
        var request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofMillis(LIMIT_MILLIS))
                .build();
        try (var client = HttpClient.newBuilder()
                .connectTimeout(Duration.ofMillis(LIMIT_MILLIS))
                .build()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /** The status code of a GET, or -1 when nothing answered. */
    public static int httpStatus(String url) {
        var request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofMillis(LIMIT_MILLIS))
                .build();
        try (var client = HttpClient.newBuilder()
                .connectTimeout(Duration.ofMillis(LIMIT_MILLIS))
                .build()) {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }
}
