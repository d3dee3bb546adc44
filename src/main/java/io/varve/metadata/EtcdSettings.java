package io.varve.metadata;

import java.time.Duration;
import java.util.List;

/**
 * Where etcd is.
 *
 * @param endpoints {@code http://host:port}, one or more members of one cluster
 * @param prefix all keys lie below it; without a slash at its end
 * @param requestTimeout how long one request may take
 */
public record EtcdSettings(List<String> endpoints, String prefix, Duration requestTimeout) {
    public EtcdSettings {
        endpoints = List.copyOf(endpoints);
    }
}
