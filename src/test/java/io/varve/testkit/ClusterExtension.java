package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a {@link Cluster} to talk to. All classes of a run share it; it is stopped, and its data removed, after
 * the last one.
 *
 * <p>It is Varve with a real etcd and a real S3 server. {@code -Dvarve.test.against=kafka} runs the same tests against
 * Apache Kafka, which shows that the tests are right, and {@code =dev} against {@code ./varve dev}.
 */
public final class ClusterExtension implements ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(ClusterExtension.class);

    /** A started cluster and the folder that goes when it does. */
    private record Shared(Cluster cluster, Path folder) implements AutoCloseable {
        @Override
        public void close() {
            cluster.close();
            Folders.delete(folder);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Cluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(Shared.class, key -> start(), Shared.class)
                .cluster();
    }

    private static Shared start() {
        Path folder = newFolder();
        String against = System.getProperty("varve.test.against", "broker");
        Cluster cluster = switch (against) {
            case "broker" -> WholeVarve.start(folder);
            case "dev" -> VarveProcess.dev(folder);
            case "kafka" -> ApacheKafka.start(folder, Map.of());
            default ->
                throw new IllegalArgumentException("varve.test.against is broker, dev or kafka, and not " + against);
        };
        return new Shared(cluster, folder);
    }

    private static Path newFolder() {
        try {
            return Files.createTempDirectory("varve-cluster");
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for the cluster's data", e);
        }
    }
}
