package io.varve.metadata;

import java.time.Duration;
import java.util.List;

/**
 * Where etcd is.
 *
 * @param endpoints {@code http://host:port}, one or more members of one cluster; {@code https} trusts what the JVM trusts
 * @param prefix all keys lie below it, after a slash; empty for none; slashes at its end do not count
 * @param requestTimeout how long one request may take
 */
public record EtcdSettings(List<String> endpoints, String prefix, Duration requestTimeout) {
    public EtcdSettings {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("etcd needs at least one endpoint");
        }
        prefix = prefix.replaceAll("/+$", "");
    }
}
