package io.varve.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Appends that wait until the high watermark has passed them, in offset order. Not thread-safe. */
final class PendingAcks {
    private record Waiter(long endOffset, CompletableFuture<Void> done) {}

    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>(4);

    /** A future that completes when everything before {@code endOffset} is safe. */
    CompletableFuture<Void> await(long endOffset) {
        Waiter last = waiters.peekLast();
        if (last != null && last.endOffset() == endOffset) {
            return last.done();
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (last == null || last.endOffset() < endOffset) {
            waiters.add(new Waiter(endOffset, done));
            return done;
        }
        return earlier(endOffset);
    }

    /** A repeated batch waits for what its first try waits for, or for the next one behind it. */
    private CompletableFuture<Void> earlier(long endOffset) {
        for (Waiter waiter : waiters) {
            if (waiter.endOffset() >= endOffset) {
                return waiter.done();
            }
        }
        throw new AssertionError("the last waiter lies behind offset " + endOffset);
    }

    /** Takes out the futures of all appends that end at or before {@code offset}; the caller completes them outside its lock. */
    List<CompletableFuture<Void>> takeUpTo(long offset) {
        List<CompletableFuture<Void>> safe = new ArrayList<>();
        while (!waiters.isEmpty() && waiters.peek().endOffset() <= offset) {
            safe.add(waiters.poll().done());
        }
        return safe;
    }

    /** Takes out all. */
    List<CompletableFuture<Void>> takeAll() {
        return takeUpTo(Long.MAX_VALUE);
    }
}
