package io.varve.observe;

import java.util.Optional;

/** A part that others depend on, for {@code /health/ready}. Thread-safe; answers from memory, at once. */
public interface HealthSource {

    /** A short word for what this is: {@code etcd}, {@code object-store}, {@code disk}, {@code kafka}. */
    String name();

    /** What is wrong and what to do about it in one sentence, or empty when all is well. */
    Optional<String> problem();

    /** What an operator should know and look after, while the broker serves all that it has to; empty when there is nothing. */
    default Optional<String> warning() {
        return Optional.empty();
    }
}
