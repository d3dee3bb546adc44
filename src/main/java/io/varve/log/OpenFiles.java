package io.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps a bounded number of segment files open, so that a broker with many partitions does not run out of file descriptors. Files
 * in use are never closed; among the others the least recently used goes first. Thread-safe.
 */
final class OpenFiles implements AutoCloseable {
    private final int maxOpen;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<Path, Handle> handles = new LinkedHashMap<>(64, 0.75f, true);

    /** Of files that somebody knows. */
    @GuardedBy("lock")
    private final Map<Path, WeakReference<FileLife>> lives = new HashMap<>();

    /** @param maxOpen how many idle files may stay open; files in use come on top */
    OpenFiles(int maxOpen) {
        this.maxOpen = maxOpen;
    }

    /** A file in use; {@link #close} gives it back, once. */
    final class Handle implements AutoCloseable {
        private final FileChannel channel;
        private int users;
        private boolean forgotten;

        private Handle(FileChannel channel) {
            this.channel = channel;
        }

        FileChannel channel() {
            return channel;
        }

        @Override
        public void close() {
            release(this);
        }
    }

    /** The life of the file that has this name now. */
    FileLife life(Path path) {
        lock.lock();
        try {
            WeakReference<FileLife> known = lives.get(path);
            FileLife life = known == null ? null : known.get();
            if (life == null) {
                life = new FileLife();
                lives.put(path, new WeakReference<>(life));
            }
            return life;
        } finally {
            lock.unlock();
        }
    }

    /** The file stays, as another one: who knew it under the life that it has had writes to it no more. */
    FileLife renew(Path path) {
        life(path).end(() -> endLife(path));
        return life(path);
    }

    /** Deletes the file of {@code life}, and what belongs to it; users keep reading it until they are done. */
    void delete(Path path, FileLife life) {
        life.end(() -> {
            endLife(path);
            SegmentFiles.delete(path);
        });
    }

    /** Deletes whatever file has this name. */
    void delete(Path path) {
        delete(path, life(path));
    }

    private void endLife(Path path) {
        lock.lock();
        try {
            lives.remove(path);
            forget(path);
        } finally {
            lock.unlock();
        }
    }

    /**
     * As {@link #acquire(Path)}.
     *
     * @throws LogException when {@code life} is over: whatever has the name now is another file
     */
    Handle acquire(Path path, FileLife life) {
        lock.lock();
        try {
            if (life.isOver()) {
                throw new LogException(path + " has been deleted", new NoSuchFileException(path.toString()));
            }
            return acquire(path);
        } finally {
            lock.unlock();
        }
    }

    /** Opens the file, which must exist, or shares it when it is open already. */
    Handle acquire(Path path) {
        lock.lock();
        try {
            Handle handle = handles.get(path);
            if (handle != null && !handle.channel.isOpen()) {
                // An interrupt that met a thread in a read or write has closed the file for everybody.
                forget(path);
                handle = null;
            }
            if (handle == null) {
                handle = new Handle(FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
                handles.put(path, handle);
                closeIdle();
            }
            handle.users++;
            return handle;
        } catch (IOException e) {
            throw new LogException("cannot open " + path, e);
        } finally {
            lock.unlock();
        }
    }

    /** Creates an empty file, or empties it, and opens it. */
    Handle create(Path path) {
        lock.lock();
        try {
            forget(path);
            Handle handle = new Handle(FileChannel.open(
                    path,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING));
            handle.users++;
            handles.put(path, handle);
            closeIdle();
            return handle;
        } catch (IOException e) {
            throw new LogException("cannot create " + path, e);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void forget(Path path) {
        Handle handle = handles.remove(path);
        if (handle != null) {
            handle.forgotten = true;
            closeIfUnused(handle);
        }
    }

    private void release(Handle handle) {
        lock.lock();
        try {
            handle.users--;
            if (handle.forgotten) {
                closeIfUnused(handle);
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void closeIdle() {
        if (handles.size() <= maxOpen) {
            return;
        }
        int excess = handles.size() - maxOpen;
        for (Iterator<Handle> eldest = handles.values().iterator(); excess > 0 && eldest.hasNext(); ) {
            Handle handle = eldest.next();
            if (handle.users == 0) {
                eldest.remove();
                closeIfUnused(handle);
                excess--;
            }
        }
    }

    private static void closeIfUnused(Handle handle) {
        if (handle.users == 0) {
            try {
                handle.channel.close();
            } catch (IOException e) {
                throw new LogException("cannot close a segment file", e);
            }
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            for (Handle handle : handles.values()) {
                handle.forgotten = true;
                closeIfUnused(handle);
            }
            handles.clear();
        } finally {
            lock.unlock();
        }
    }
}
