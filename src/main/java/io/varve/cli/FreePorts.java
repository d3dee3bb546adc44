package io.varve.cli;

import io.varve.config.HostPort;
import io.varve.config.VarveConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;

/**
 * Tries the ports before anything else is touched, so that one in use is told by its name. Who takes a port in the moment after this
 * gets the longer message.
 */
final class FreePorts {
    private FreePorts() {}

    /** @throws CliException when a port that the broker needs cannot be listened on */
    static void require(VarveConfig config) {
        require("varve.http.port", config.http().host(), config.http().port());
        require("varve.kafka.listen", config.kafka().listen());
        require("varve.internal.listen", config.internal().listen());
    }

    private static void require(String setting, HostPort listen) {
        require(setting, listen.host(), listen.port());
    }

    private static void require(String setting, String host, int port) {
        try (ServerSocket tried = new ServerSocket()) {
            // As the listeners do: a connection of the process before, still in TIME_WAIT, is no hindrance.
            tried.setReuseAddress(true);
            tried.bind(new InetSocketAddress(InetAddress.getByName(host), port));
        } catch (UnknownHostException e) {
            throw CliException.usage(setting + ": the host " + host + " is not known.");
        } catch (IOException e) {
            throw CliException.failed("cannot listen on " + host + ":" + port + " (" + setting + "): " + e.getMessage()
                    + ". Stop what is there, or choose another port.");
        }
    }
}
