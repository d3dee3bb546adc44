package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waiting, with errors in this part's words. */
final class Futures {
    private Futures() {}

    /** @throws ObjectStoreException when the future failed, or this thread was interrupted while it waited */
    static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof ObjectStoreException failure) {
                throw new ObjectStoreException(failure.kind(), String.valueOf(failure.getMessage()), failure);
            }
            throw new ObjectStoreException(Kind.UNAVAILABLE, "A read failed: " + cause, cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ObjectStoreException(Kind.UNAVAILABLE, "Interrupted while reading", e);
        }
    }
}
