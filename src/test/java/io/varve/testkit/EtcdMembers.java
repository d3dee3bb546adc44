package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A real etcd of several members on free loopback ports, each of which can be killed and paused, with their data in a folder of the caller's.
 * They do not sync to the disk: processes are killed here, not machines. Members are numbered from 0. Different members may be used by
 * different threads.
 */
public final class EtcdMembers implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private final List<Member> members;

    private EtcdMembers(List<Member> members) {
        this.members = members;
    }

    /** Starts this many members and returns when they answer. */
    public static EtcdMembers start(Path folder, int count) {
        List<Integer> peers =
                IntStream.range(0, count).mapToObj(i -> FreePort.find()).toList();
        String all = IntStream.range(0, count)
                .mapToObj(i -> "m" + i + "=" + url(peers.get(i)))
                .collect(Collectors.joining(","));
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add(new Member(i, folder.resolve("m" + i), FreePort.find(), peers.get(i), all));
        }
        var etcd = new EtcdMembers(members);
        try {
            members.forEach(Member::launch);
            etcd.awaitReady();
            return etcd;
        } catch (RuntimeException | AssertionError e) {
            etcd.close();
            throw e;
        }
    }

    /** The ports that clients connect to, one a member. */
    public List<Integer> ports() {
        return members.stream().map(member -> member.port).toList();
    }

    /** Stops one as a crash would; its data stays. */
    public void kill9(int member) {
        members.get(member).daemon().kill9();
    }

    /** Starts one again on the same ports and data; does not wait for it. */
    public void launch(int member) {
        members.get(member).launch();
    }

    /** Makes one hang: it keeps its connections and answers nothing until {@link #resume}. */
    public void pause(int member) {
        members.get(member).daemon().pause();
    }

    /** Lets it go on after {@link #pause}. */
    public void resume(int member) {
        members.get(member).daemon().resume();
    }

    /** Waits until every member says that it is healthy: it knows a leader, and can write. */
    public void awaitReady() {
        members.forEach(Member::awaitReady);
    }

    @Override
    public void close() {
        members.forEach(Member::close);
    }

    private static String url(int port) {
        return "http://127.0.0.1:" + port;
    }

    private static final class Member {
        private final int number;
        private final Path folder;
        private final int port;
        private final int peerPort;
        private final String all;
        private @Nullable Daemon daemon;

        Member(int number, Path folder, int port, int peerPort, String all) {
            this.number = number;
            this.folder = folder;
            this.port = port;
            this.peerPort = peerPort;
            this.all = all;
        }

        void launch() {
            try {
                Files.createDirectories(folder);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot create " + folder, e);
            }
            var command = List.of(
                    ServerBinaries.find("etcd"),
                    "--name=m" + number,
                    "--data-dir=" + folder.resolve("data"),
                    "--listen-client-urls=" + url(port),
                    "--advertise-client-urls=" + url(port),
                    "--listen-peer-urls=" + url(peerPort),
                    "--initial-advertise-peer-urls=" + url(peerPort),
                    "--initial-cluster=" + all,
                    "--max-txn-ops=10000",
                    "--unsafe-no-fsync",
                    "--log-level=warn");
            daemon = Daemon.start("etcd " + number, command, Map.of(), folder.resolve("etcd.log"));
        }

        Daemon daemon() {
            if (daemon == null) {
                throw new IllegalStateException("etcd " + number + " was not launched");
            }
            return daemon;
        }

        void awaitReady() {
            daemon().awaitReady("healthy", START_LIMIT, () -> Probe.httpStatus(url(port) + "/health") == 200);
        }

        void close() {
            if (daemon != null) {
                daemon.close();
            }
        }
    }
}
