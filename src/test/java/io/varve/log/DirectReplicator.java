package io.varve.log;

import io.netty.util.ReferenceCounted;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.replica.CopyEnd;
import io.varve.replica.CopyHost;
import io.varve.replica.ReplicaException;
import io.varve.replica.Replicator;
import io.varve.replica.SegmentCopy;
import io.varve.replica.SegmentId;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Connects the brokers of a test in one process, in order and on a thread for each copy; what is between two of them can be held up and cut.
 */
final class DirectReplicator {
    private final Map<Integer, CopyHost> hosts = new ConcurrentHashMap<>();
    private final Set<Copy> copies = ConcurrentHashMap.newKeySet();
    private final Set<Integer> away = ConcurrentHashMap.newKeySet();
    private final Set<Integer> slow = ConcurrentHashMap.newKeySet();

    /** {@code host} answers for broker {@code id} from now on. */
    void connect(int id, CopyHost host) {
        hosts.put(id, host);
        away.remove(id);
    }

    /** Broker {@code id} can be reached again. */
    void reconnect(int id) {
        away.remove(id);
    }

    /** Broker {@code id} is gone: what it has begun is lost, nothing reaches it. */
    void disconnect(int id) {
        away.add(id);
        for (Copy copy : copies) {
            if (copy.member.broker() == id || copy.owner == id) {
                copy.lose("broker " + id + " is gone");
            }
        }
    }

    /** Nothing arrives at broker {@code id} until it is released; nobody hears of it either. */
    void holdUp(int id) {
        slow.add(id);
    }

    void release(int id) {
        slow.remove(id);
        copies.forEach(Copy::work);
    }

    /** As the time-out of a member that is held up. */
    void timeOut(int id) {
        for (Copy copy : copies) {
            if (copy.member.broker() == id) {
                copy.lose("no acknowledgement");
            }
        }
    }

    /** The way of broker {@code owner} to the others. */
    Replicator of(int owner) {
        return new Replicator() {
            @Override
            public SegmentCopy open(Member member, SegmentId id, byte[] producers, SegmentCopy.Listener listener) {
                Copy copy = new Copy(owner, member, listener);
                copies.add(copy);
                copy.submit(() -> {
                    copy.hosted = host(owner, member).open(id, producers);
                    copy.tell(listener::onOpen);
                });
                return copy;
            }

            @Override
            public Optional<CopyEnd> fence(Member member, SegmentId id, int epoch) {
                return host(owner, member).fence(id, epoch);
            }
        };
    }

    private CopyHost host(int owner, Member member) {
        CopyHost host = hosts.get(member.broker());
        if (host == null || away.contains(member.broker()) || away.contains(owner)) {
            throw new ReplicaException("broker " + member.broker() + " cannot be reached");
        }
        return host;
    }

    private final class Copy implements SegmentCopy {
        private final int owner;
        private final Member member;
        private final Listener listener;
        private final Queue<Runnable> steps = new ArrayDeque<>();
        private boolean working;
        private boolean lost;
        private CopyHost.@Nullable HostedCopy hosted;

        Copy(int owner, Member member, Listener listener) {
            this.owner = owner;
            this.member = member;
            this.listener = listener;
        }

        private void submit(Runnable step) {
            synchronized (steps) {
                steps.add(step);
            }
            work();
        }

        private void work() {
            synchronized (steps) {
                if (working || slow.contains(member.broker())) {
                    return;
                }
                working = true;
            }
            Thread.ofVirtual().start(() -> {
                while (true) {
                    Runnable step;
                    synchronized (steps) {
                        step = slow.contains(member.broker()) ? null : steps.poll();
                        if (step == null) {
                            working = false;
                            return;
                        }
                    }
                    try {
                        step.run();
                    } catch (ReplicaException e) {
                        lose(String.valueOf(e.getMessage()));
                    }
                }
            });
        }

        private void lose(String reason) {
            synchronized (steps) {
                if (lost) {
                    return;
                }
                lost = true;
                steps.clear();
            }
            Thread.ofVirtual().start(() -> {
                CopyHost.HostedCopy fed = hosted;
                if (fed != null) {
                    fed.close();
                }
                synchronized (listener) {
                    listener.onLost(reason);
                }
            });
        }

        /** One call at a time, and none after the last. */
        private void tell(Runnable report) {
            synchronized (listener) {
                if (!isLost()) {
                    report.run();
                }
            }
        }

        private boolean isLost() {
            synchronized (steps) {
                return lost;
            }
        }

        @Override
        public void append(int position, ByteBuffer batch, ReferenceCounted hold, long highWatermark) {
            ByteBuffer bytes = ByteBuffer.allocate(batch.remaining())
                    .put(batch.duplicate())
                    .flip();
            if (!isLost()) {
                submit(() -> {
                    hosted.append(position, bytes, highWatermark);
                    tell(() -> listener.onCopied(hosted.endOffset(), hosted.sizeBytes()));
                });
            }
        }

        @Override
        public void advance(long highWatermark) {
            if (!isLost()) {
                submit(() -> hosted.advance(highWatermark));
            }
        }

        @Override
        public void seal() {
            if (!isLost()) {
                submit(() -> hosted.seal());
            }
        }

        @Override
        public void close() {
            copies.remove(this);
            submit(() -> {
                if (hosted != null) {
                    hosted.close();
                }
            });
        }
    }
}
