package io.varve.simulation;

import io.varve.cluster.InternalAddress;
import io.varve.replica.Network;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The network between machines: connections as TCP gives them, that is bytes in order and without gaps, or the end of the connection. What goes from
 * one machine to another can be cut off, one way or both; it arrives when the cut is healed, unless somebody has given up by then.
 */
final class SimNetwork {
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private record Way(int from, int to) {}

    private final Simulator simulator;
    private final Map<InternalAddress, SimPort> ports = new HashMap<>();
    private final Set<Way> cuts = new HashSet<>();

    /** Machines that are off: nobody there says anything, not even that nobody is there. */
    private final Set<Integer> off = new HashSet<>();

    /** By machine, in milliseconds. */
    private final Map<Integer, Integer> slowness = new HashMap<>();

    private int nextPort = 1;

    SimNetwork(Simulator simulator) {
        this.simulator = simulator;
    }

    /** What a machine sends takes so much longer; 0 for no longer. */
    void slow(int machine, int millis) {
        slowness.put(machine, millis);
    }

    void cut(int from, int to) {
        cuts.add(new Way(from, to));
    }

    void join(int from, int to) {
        cuts.remove(new Way(from, to));
    }

    void heal() {
        cuts.clear();
        slowness.clear();
    }

    boolean isCut(int from, int to) {
        return cuts.contains(new Way(from, to)) || off.contains(from) || off.contains(to);
    }

    private long latency(int from) {
        return TimeUnit.MILLISECONDS.toNanos(slowness.getOrDefault(from, 0)) + latency();
    }

    private long latency() {
        return simulator.oneIn(50) ? simulator.micros(1_000, 20_000) : simulator.micros(50, 400);
    }

    /** The network as a process sees it. */
    Network of(SimProcess process) {
        return new Network() {
            @Override
            public Link connect(InternalAddress address, int timeoutMillis) throws IOException {
                return SimNetwork.this.connect(process, address, timeoutMillis);
            }

            @Override
            public boolean isDeserted(InternalAddress address, int timeoutMillis) {
                try {
                    SimNetwork.this.connect(process, address, timeoutMillis).close();
                    return false;
                } catch (ConnectException refused) {
                    return true;
                } catch (IOException e) {
                    return false;
                }
            }

            @Override
            public Port listen(InternalAddress address) {
                InternalAddress at = address.port() == 0 ? new InternalAddress(address.host(), nextPort++) : address;
                SimPort port = new SimPort(process, at);
                ports.put(at, port);
                process.onDeath(port::close);
                return port;
            }
        };
    }

    private Network.Link connect(SimProcess from, InternalAddress address, int timeoutMillis) throws IOException {
        int machine = Integer.parseInt(address.host());
        simulator.sleepNanos(latency());
        if (isCut(from.machine(), machine) || isCut(machine, from.machine())) {
            simulator.sleepMillis(timeoutMillis);
            throw new SocketTimeoutException("no answer from " + address);
        }
        SimPort port = ports.get(address);
        if (port == null) {
            throw new ConnectException("connection refused by " + address);
        }
        Pipe there = new Pipe(from, port.process);
        Pipe back = new Pipe(port.process, from);
        SimLink mine = new SimLink(back, there, address.toString());
        SimLink theirs = new SimLink(there, back, "machine " + from.machine());
        from.onDeath(mine::close);
        port.process.onDeath(theirs::close);
        port.arrived.add(theirs);
        port.waiters.wake();
        return mine;
    }

    private final class SimPort implements Network.Port {
        private final SimProcess process;
        private final InternalAddress address;
        private final ArrayDeque<SimLink> arrived = new ArrayDeque<>();
        private final Waiters waiters = new Waiters();
        private boolean closed;

        SimPort(SimProcess process, InternalAddress address) {
            this.process = process;
            this.address = address;
        }

        @Override
        public int number() {
            return address.port();
        }

        @Override
        public Network.Link accept() throws IOException {
            if (!waiters.await(() -> closed || !arrived.isEmpty())) {
                throw new InterruptedIOException("interrupted");
            }
            if (closed) {
                throw new IOException("the port is closed");
            }
            return arrived.remove();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                ports.remove(address, this);
                arrived.forEach(SimLink::close);
                waiters.wake();
            }
        }
    }

    /** One direction of a connection. */
    private final class Pipe {
        private static final int BUFFER_BYTES = 256 * 1024;

        private final SimProcess from;
        private final SimProcess to;
        private final List<ByteBuffer> underWay = new ArrayList<>();
        private final ArrayDeque<ByteBuffer> arrived = new ArrayDeque<>();
        private final Waiters readers = new Waiters();
        private final Waiters writers = new Waiters();
        private int bytes;
        private boolean moving;
        private boolean ended;
        private boolean endArrived;

        /** The reading side is gone. */
        private boolean unwanted;

        Pipe(SimProcess from, SimProcess to) {
            this.from = from;
            this.to = to;
        }

        void write(ByteBuffer data) throws IOException {
            if (!writers.await(() -> bytes < BUFFER_BYTES || ended || unwanted)) {
                throw new InterruptedIOException("interrupted");
            }
            if (ended || unwanted) {
                throw new IOException("the connection is closed");
            }
            bytes += data.remaining();
            underWay.add(data);
            move();
        }

        private void move() {
            if (!moving && (!underWay.isEmpty() || (ended && !endArrived))) {
                moving = true;
                simulator.after(latency(from.machine()), this::arrive);
            }
        }

        private void arrive() {
            if (isCut(from.machine(), to.machine())) {
                simulator.after(LOOK_AGAIN_NANOS, this::arrive);
                return;
            }
            moving = false;
            if (underWay.isEmpty()) {
                endArrived = true;
            } else {
                arrived.addAll(underWay);
                underWay.clear();
            }
            readers.wake();
            move();
        }

        int read(ByteBuffer into) throws IOException {
            if (!readers.await(() -> !arrived.isEmpty() || endArrived || unwanted)) {
                throw new InterruptedIOException("interrupted");
            }
            if (unwanted) {
                throw new IOException("the connection is closed");
            }
            if (arrived.isEmpty()) {
                return -1;
            }
            // Any part of what is there, as a socket may give it.
            ByteBuffer first = arrived.element();
            int length = Math.min(first.remaining(), into.remaining());
            if (length > 1 && simulator.oneIn(10)) {
                length = 1 + simulator.random().nextInt(length);
            }
            into.put(first.slice(first.position(), length));
            first.position(first.position() + length);
            if (!first.hasRemaining()) {
                arrived.remove();
            }
            bytes -= length;
            writers.wake();
            return length;
        }

        void end() {
            ended = true;
            writers.wake();
            move();
        }

        void refuse() {
            unwanted = true;
            readers.wake();
            simulator.after(latency(), writers::wake);
        }
    }

    private static final class SimLink implements Network.Link {
        private final Pipe in;
        private final Pipe out;
        private final String remote;

        SimLink(Pipe in, Pipe out, String remote) {
            this.in = in;
            this.out = out;
            this.remote = remote;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            return in.read(into);
        }

        @Override
        public void write(ByteBuffer[] buffers) throws IOException {
            for (ByteBuffer buffer : buffers) {
                ByteBuffer copy = ByteBuffer.allocate(buffer.remaining());
                out.write(copy.put(buffer).flip());
            }
        }

        @Override
        public String remote() {
            return remote;
        }

        @Override
        public void close() {
            in.refuse();
            out.end();
        }
    }
}
