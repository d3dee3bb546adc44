package io.varve.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Who a data directory is: an id that is made when it is first used, and the cluster and the broker it belongs to. A broker whose directory was
 * emptied has another id, so nobody takes it for the one that holds the segments. One process at a time may use a directory.
 */
public final class DiskIdentity implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Content(String disk, String cluster, int broker) {}

    private final Content content;
    private final FileChannel lockFile;
    private final FileLock lock;

    private DiskIdentity(Content content, FileChannel lockFile, FileLock lock) {
        this.content = content;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /**
     * Claims the directory, which is made when missing, for the broker with a given id.
     *
     * @throws LogException when another process uses it, or it belongs to another cluster or broker
     */
    public static DiskIdentity claim(Path directory, String clusterId, int brokerId) {
        DiskIdentity claimed = claim(directory, clusterId, _ -> brokerId);
        if (claimed.broker() != brokerId) {
            claimed.close();
            throw new LogException(
                    "data directory " + directory + " belongs to broker " + claimed.broker() + ", not to " + brokerId
                            + ": set varve.broker.id back, or give this broker another varve.data.dir");
        }
        return claimed;
    }

    /**
     * Claims the directory, which is made when missing, for the broker that it remembers.
     *
     * @param assigned the id of the broker whose disk has this id, for a directory that remembers none
     * @throws LogException when another process uses it, or it belongs to another cluster
     */
    public static DiskIdentity claim(Path directory, String clusterId, ToIntFunction<String> assigned) {
        try {
            Files.createDirectories(directory);
            FileChannel lockFile =
                    FileChannel.open(directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = tryLock(lockFile);
            if (lock == null) {
                lockFile.close();
                throw new LogException("data directory " + directory + " is in use by another process");
            }
            try {
                return new DiskIdentity(
                        readOrCreate(directory.resolve("disk.json"), clusterId, assigned), lockFile, lock);
            } catch (RuntimeException | IOException e) {
                lockFile.close();
                throw e;
            }
        } catch (IOException e) {
            throw new LogException("cannot use data directory " + directory, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldInThisProcess) {
            return null;
        }
    }

    private static Content readOrCreate(Path file, String clusterId, ToIntFunction<String> assigned)
            throws IOException {
        if (Files.exists(file)) {
            Content content = parse(file);
            if (!content.cluster().equals(clusterId)) {
                throw new LogException("data directory " + file.getParent() + " belongs to cluster " + content.cluster()
                        + ", not to " + clusterId + ": give this broker the right varve.data.dir, or an empty one");
            }
            return content;
        }
        String id = Uuid.randomUuid().toString();
        Path fresh = file.resolveSibling("disk.json.new");
        Content made = new Content(id, clusterId, assigned.applyAsInt(id));
        byte[] json = JSON.writeValueAsBytes(made);
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            Channels.writeFully(channel, 0, ByteBuffer.wrap(json));
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        Channels.syncName(file);
        return made;
    }

    private static Content parse(Path file) throws IOException {
        try {
            return JSON.readValue(Files.readAllBytes(file), Content.class);
        } catch (JsonProcessingException e) {
            throw new LogException(
                    "cannot read " + file + ": it is damaged. If the disk is lost, remove the whole directory");
        }
    }

    public String id() {
        return content.disk();
    }

    /** The broker that it belongs to. */
    public int broker() {
        return content.broker();
    }

    @Override
    public void close() {
        try {
            lock.release();
            lockFile.close();
        } catch (IOException e) {
            throw new LogException("cannot release the data directory", e);
        }
    }
}
