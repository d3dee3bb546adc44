package io.varve.replica;

import io.varve.cluster.InternalAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;

/** Real connections; what is written by the side that was connected to can be held up. */
final class SlowNetwork implements Network {
    private final Network network = new TcpNetwork();
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile boolean held;

    /** The next write waits, and all after it. */
    void hold() {
        held = false;
        gate = new CountDownLatch(1);
    }

    /** Whether a write waits. */
    boolean isHeld() {
        return held;
    }

    void letGo() {
        gate.countDown();
    }

    @Override
    public Link connect(InternalAddress address, int timeoutMillis) throws IOException {
        return network.connect(address, timeoutMillis);
    }

    @Override
    public boolean isDeserted(InternalAddress address, int timeoutMillis) {
        return network.isDeserted(address, timeoutMillis);
    }

    @Override
    public Port listen(InternalAddress address) throws IOException {
        Port port = network.listen(address);
        return new Port() {
            @Override
            public int number() {
                return port.number();
            }

            @Override
            public Link accept() throws IOException {
                return new SlowLink(port.accept());
            }

            @Override
            public void close() throws IOException {
                port.close();
            }
        };
    }

    private final class SlowLink implements Link {
        private final Link link;

        SlowLink(Link link) {
            this.link = link;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            return link.read(into);
        }

        @Override
        public void write(ByteBuffer[] buffers) throws IOException {
            if (gate.getCount() > 0) {
                held = true;
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IOException("interrupted", e);
                }
            }
            link.write(buffers);
        }

        @Override
        public String remote() {
            return link.remote();
        }

        @Override
        public void close() throws IOException {
            link.close();
        }
    }
}
