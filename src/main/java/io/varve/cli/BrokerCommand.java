package io.varve.cli;

import io.varve.config.ConfigLoader.Mode;
import io.varve.config.ConfigSources;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "broker",
        mixinStandardHelpOptions = true,
        description = {
            "Run a broker of a cluster: metadata in etcd, sealed segments in S3-compatible storage.",
            "",
            "Settings come from, the strongest first: --set on this command line, Java system properties (VARVE_JAVA_OPTS=-Dvarve...),",
            "environment variables (VARVE_BROKER_ID for varve.broker.id), the file. docs/configuration.md lists them all."
        },
        footerHeading = "%nExample of a file:%n",
        footer = {
            "  varve.cluster.id=prod",
            "  varve.broker.id=1",
            "  varve.data.dir=/var/lib/varve",
            "  varve.kafka.advertised=broker-1.example.org:9092",
            "  varve.etcd.endpoints=http://etcd-1:2379,http://etcd-2:2379,http://etcd-3:2379",
            "  varve.object-store.url=s3://my-bucket/prod",
            "  varve.kafka.config.\"num.partitions\"=3"
        })
final class BrokerCommand implements Callable<Integer> {

    @Option(names = "--config", paramLabel = "FILE", description = "A .properties file with varve.* settings.")
    @Nullable
    Path config;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "A setting; wins over every other place. May be repeated.")
    Map<String, String> settings = new HashMap<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public Integer call() {
        return Container.run(
                spec.commandLine(), Mode.BROKER, ConfigSources.ofProcess(config, settings, Map.of()), false);
    }
}
