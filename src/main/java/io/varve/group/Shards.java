package io.varve.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.jboss.logging.Logger;

/** The coordinator shards of this broker, each with its keeper on a virtual thread. Thread-safe. */
final class Shards implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Shards.class);
    private static final long CLOSE_SECONDS = 5;

    private final int count;
    private final ShardMap map;
    private final List<ShardKeeper> keepers = new CopyOnWriteArrayList<>();
    private final List<CompletableFuture<Void>> running = new CopyOnWriteArrayList<>();

    @GuardedBy("this")
    private boolean closed;

    /** @param count how many there are; until each that is for this broker is loaded there is a {@link #problem} */
    Shards(int count, ShardMap map) {
        this.count = count;
        this.map = map;
        map.addListener(() -> keepers.forEach(ShardKeeper::reconsider));
    }

    /** The partition of {@code __consumer_offsets} that the coordinator takes a shard for. */
    static TopicPartition partition(int shard) {
        return new TopicPartition(Topic.GROUP_METADATA_TOPIC_NAME, shard);
    }

    /** Starts the next shard, unless all are closed. */
    synchronized void start(ShardKeeper keeper, Executor blocking) {
        if (closed) {
            return;
        }
        keepers.add(keeper);
        running.add(CompletableFuture.runAsync(keeper, blocking).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.error("a coordinator shard is not kept any more: restart the broker", failure);
            }
        }));
    }

    /** Whether this broker serves the shard now. */
    boolean isServing(int shard) {
        return shard < keepers.size() && keepers.get(shard).isServing();
    }

    int serving() {
        return (int) keepers.stream().filter(ShardKeeper::isServing).count();
    }

    Optional<String> problem() {
        List<Integer> missing = new ArrayList<>();
        for (int shard = 0; shard < count; shard++) {
            if (map.isMeant(shard) && !isServing(shard)) {
                missing.add(shard);
            }
        }
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "coordinator shards " + missing
                                + " are for this broker and not served yet: they are being loaded, or their former owner has not given them up");
    }

    /** Gives all shards up; waits a little for transactions under way. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            keepers.forEach(ShardKeeper::close);
        }
        try {
            CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debugf("a coordinator shard was still writing when it was closed. cause=%s", e);
        }
    }
}
