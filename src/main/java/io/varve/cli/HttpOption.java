package io.varve.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the HTTP side of the broker is that a command asks. */
final class HttpOption {
    @Option(
            names = "--http",
            paramLabel = "URL",
            defaultValue = "${env:VARVE_HTTP}",
            description =
                    "Where the broker's HTTP is (default: $VARVE_HTTP, else port 8080 of the first bootstrap host).")
    @Nullable
    String http;

    String url(ClientOptions client) {
        return http == null ? HealthProbe.defaultUrl(client.bootstrap) : http;
    }
}
