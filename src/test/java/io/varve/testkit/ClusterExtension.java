package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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

    /** A started cluster, or why there is none (so that it is tried once and not for every test), and its folder. */
    private record Shared(
            @Nullable Cluster cluster, @Nullable Throwable problem, Path folder) implements AutoCloseable {
        Cluster get() {
            if (cluster == null) {
                throw new AssertionError("there is no cluster to test", problem);
            }
            return cluster;
        }

        @Override
        public void close() {
            if (cluster != null) {
                cluster.close();
            }
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
                .get();
    }

    private static Shared start() {
        Path folder = newFolder();
        try {
            return new Shared(start(folder), null, folder);
        } catch (RuntimeException | AssertionError e) {
            return new Shared(null, e, folder);
        }
    }

    private static Cluster start(Path folder) {
        String against = System.getProperty("varve.test.against", "broker");
        return switch (against) {
            case "broker" -> WholeVarve.start(folder);
            case "dev" -> VarveProcess.dev(folder);
            case "kafka" -> ApacheKafka.start(folder, Map.of());
            default ->
                throw new IllegalArgumentException("varve.test.against is broker, dev or kafka, and not " + against);
        };
    }

    private static Path newFolder() {
        try {
            return Files.createTempDirectory("varve-cluster");
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for the cluster's data", e);
        }
    }
}
