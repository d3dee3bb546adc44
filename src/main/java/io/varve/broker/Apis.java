package io.varve.broker;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/**
 * The APIs this broker answers, each with its handler: the single source of what ApiVersions advertises and of
 * {@code docs/protocol.md}. Immutable.
 */
public final class Apis {

    private final Map<ApiKeys, RequestHandler> handlers;

    private Apis(Map<ApiKeys, RequestHandler> handlers) {
        this.handlers = new EnumMap<>(handlers);
    }

    /** The handler of {@code key}, or null when this broker does not serve that API. */
    public @Nullable RequestHandler handler(ApiKeys key) {
        return handlers.get(key);
    }

    public Set<ApiKeys> supported() {
        return Set.copyOf(handlers.keySet());
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects handlers; an API has one. Not thread-safe. */
    public static final class Builder {
        private final Map<ApiKeys, RequestHandler> handlers = new EnumMap<>(ApiKeys.class);

        public Builder serve(ApiKeys key, RequestHandler handler) {
            if (handlers.put(key, handler) != null) {
                throw new IllegalStateException("API " + key + " has two handlers");
            }
            return this;
        }

        public Apis build() {
            return new Apis(handlers);
        }
    }
}
