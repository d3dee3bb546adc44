package io.varve.log;

import io.varve.cluster.PartitionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a data directory: {@code partitions/<topic id>-<partition>/<base offset>.log}, beside it {@code .idx}
 * ({@link SegmentIndex}) and {@code .state} ({@link SegmentState}). Names of segment files are Kafka's.
 */
final class SegmentFiles {
    private static final String LOG = ".log";
    private static final String INDEX = ".idx";
    private static final String STATE = ".state";

    private final Path root;

    SegmentFiles(Path dataDirectory) {
        root = dataDirectory.resolve("partitions");
    }

    /** Makes sure that the folder of all partitions is there, also after a power cut: the names in it are synced by those who make them. */
    void create() {
        try {
            Files.createDirectories(root);
            Channels.syncName(root);
        } catch (IOException e) {
            throw new LogException("cannot create " + root, e);
        }
    }

    Path directory(PartitionId id) {
        return root.resolve(id.toString());
    }

    Path log(PartitionId id, long baseOffset) {
        return directory(id).resolve(name(baseOffset) + LOG);
    }

    static Path indexOf(Path log) {
        return sibling(log, INDEX);
    }

    static Path stateOf(Path log) {
        return sibling(log, STATE);
    }

    private static Path sibling(Path log, String suffix) {
        String name = log.getFileName().toString();
        return log.resolveSibling(name.substring(0, name.length() - LOG.length()) + suffix);
    }

    private static String name(long baseOffset) {
        return String.format(Locale.ROOT, "%020d", baseOffset);
    }

    /** The base offsets of the segment files of a partition, lowest first. */
    List<Long> segments(PartitionId id) {
        List<Long> offsets = new ArrayList<>();
        for (Path path : children(directory(id))) {
            String file = path.getFileName().toString();
            if (file.endsWith(LOG)) {
                offsets.add(Long.parseLong(file.substring(0, file.length() - LOG.length())));
            }
        }
        offsets.sort(null);
        return offsets;
    }

    /** Whether a partition has a directory. */
    boolean has(PartitionId id) {
        return Files.isDirectory(directory(id));
    }

    /** Every partition that has a directory. */
    List<PartitionId> partitions() {
        List<PartitionId> ids = new ArrayList<>();
        for (Path path : children(root)) {
            PartitionId id = parse(path.getFileName().toString());
            if (id != null) {
                ids.add(id);
            }
        }
        return ids;
    }

    private static @Nullable PartitionId parse(String name) {
        int dash = name.lastIndexOf('-');
        try {
            return dash < 0
                    ? null
                    : new PartitionId(
                            Uuid.fromString(name.substring(0, dash)), Integer.parseInt(name.substring(dash + 1)));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static List<Path> children(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(directory)) {
            return children.toList();
        } catch (IOException e) {
            throw new LogException("cannot list " + directory, e);
        }
    }

    /** Removes a segment's files. */
    static void delete(Path log) {
        try {
            Files.deleteIfExists(log);
            Files.deleteIfExists(indexOf(log));
            Files.deleteIfExists(stateOf(log));
        } catch (IOException e) {
            throw new LogException("cannot delete " + log, e);
        }
    }

    /** Removes all files of a partition. */
    void delete(PartitionId id) {
        Path directory = directory(id);
        try {
            for (Path child : children(directory)) {
                Files.deleteIfExists(child);
            }
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw new LogException("cannot delete " + directory, e);
        }
    }
}
