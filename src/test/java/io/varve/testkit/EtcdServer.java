package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A real etcd of one member on free loopback ports, with its data in a folder of the caller's. Not thread-safe. */
public final class EtcdServer implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(1);

    private final Path folder;
    private final List<String> options;
    private final int port = FreePort.find();
    private final int peerPort = FreePort.find();
    private Daemon daemon;

    private EtcdServer(Path folder, List<String> options) {
        this.folder = folder;
        this.options = options;
        this.daemon = launch();
    }

    /** Starts etcd, with further options of its command line, and returns when it answers. */
    public static EtcdServer start(Path folder, String... options) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + folder, e);
        }
        var etcd = new EtcdServer(folder, List.of(options));
        etcd.awaitReady();
        return etcd;
    }

    /** Where clients connect: {@code http://host:port}. */
    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /** The id of its process. */
    public long pid() {
        return daemon.pid();
    }

    /** Stops it as a crash would; its data stays. */
    public void kill9() {
        daemon.kill9();
    }

    /** Starts it again on the same port and data. */
    public void restart() {
        daemon = launch();
        awaitReady();
    }

    /** Runs etcdctl on it. */
    public Command.Result etcdctl(String... words) {
        return Command.of(List.of(ServerBinaries.find("etcdctl"), "--endpoints=" + endpoint()))
                .with(words)
                .run();
    }

    /** Makes it hang: it keeps its connections and answers nothing until {@link #resume}. */
    public void pause() {
        daemon.pause();
    }

    /** Lets it go on after {@link #pause}. */
    public void resume() {
        daemon.resume();
    }

    @Override
    public void close() {
        daemon.close();
    }

    private void awaitReady() {
        daemon.awaitReady("healthy", START_LIMIT, () -> Probe.httpStatus(endpoint() + "/health") == 200);
    }

    private Daemon launch() {
        String peer = "http://127.0.0.1:" + peerPort;
        var command = new ArrayList<>(List.of(
                ServerBinaries.find("etcd"),
                "--name=test",
                "--data-dir=" + folder.resolve("data"),
                "--listen-client-urls=" + endpoint(),
                "--advertise-client-urls=" + endpoint(),
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=test=" + peer,
                "--log-level=warn"));
        command.addAll(options);
        return Daemon.start("etcd", command, Map.of(), folder.resolve("etcd.log"));
    }
}
