package io.varve.server;

import io.varve.config.ConfigLoader.Mode;
import java.net.URI;
import java.nio.file.Path;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logging.Logger;

/** Says where to connect, once the broker serves. */
final class Welcome {
    private static final Logger LOG = Logger.getLogger(Welcome.class);

    private Welcome() {}

    static void print(Launch launch, RunningBroker broker) {
        URI http = http(launch);
        Path data = launch.config().data().dir().toAbsolutePath().normalize();
        LOG.infof(
                "event=serving cluster=%s broker=%d kafka=%s http=%s data=%s",
                broker.clusterId(), broker.brokerId(), broker.kafkaAddress(), http, data);
        if (launch.mode() == Mode.DEV) {
            System.out.println(text(broker.kafkaAddress(), http, data));
        }
    }

    /** Where this process serves HTTP. */
    static URI http(Launch launch) {
        return URI.create("http://" + launch.config().http().host() + ":" + httpPort(launch));
    }

    static String text(String kafka, URI http, Path data) {
        return """

                Varve is ready.
                  Kafka clients   bootstrap.servers=%s
                  HTTP            %s   (/health/ready, /metrics, /v3/clusters, /openapi)
                  Data            %s
                  Try it          ./varve topic create hello
                                  echo world | ./varve produce hello
                                  ./varve consume hello --from beginning
                  Stop            Ctrl-C
                """.formatted(kafka, http, data);
    }

    // Quarkus publishes the port it got under this name once it listens; until then it is the one that was asked for.
    private static int httpPort(Launch launch) {
        return ConfigProvider.getConfig()
                .getOptionalValue("quarkus.http.port", Integer.class)
                .filter(port -> port > 0)
                .orElse(launch.config().http().port());
    }
}
