package io.varve.server;

import io.varve.config.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Optional;

/** What a broker tells others of where it is. */
final class Addresses {
    private Addresses() {}

    /**
     * The address to be told: the one that was set, else {@code listen}, else, when that is every address there is, the machine's name.
     *
     * @param setting the name of the one that could have been set
     */
    static HostPort advertised(HostPort listen, Optional<HostPort> configured, String setting) throws StartupException {
        if (configured.isPresent()) {
            return configured.get();
        }
        try {
            boolean wildcard = InetAddress.getByName(listen.host()).isAnyLocalAddress();
            String host = wildcard ? InetAddress.getLocalHost().getHostName() : listen.host();
            return new HostPort(host, listen.port());
        } catch (IOException e) {
            throw new StartupException(
                    setting + " is not set and the machine's own name cannot be found: " + e.getMessage(), 2, e);
        }
    }
}
