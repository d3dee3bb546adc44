package io.varve.replica;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How a connection between two brokers begins: each says which versions it speaks and who it is, and proves with an HMAC-SHA256 over both hellos
 * that it knows the cluster's secret. The nonces in them make every proof good for one connection only. Whoever connects speaks first:
 *
 * <pre>
 *  hello    int magic, byte lowest, byte highest, cluster, int broker, disk, incarnation, 32 bytes nonce
 *  proof    32 bytes: of the one that was connected to, right after its hello; of the one that connected, as the last message
 *  refusal  int refusal magic, words
 * </pre>
 *
 * Every message has an {@code int} length before it. Blocks; the caller bounds the time by closing the link.
 */
final class Handshake {
    private static final int HELLO = 0x56525648; // "VRVH"
    private static final int REFUSAL = 0x56525652; // "VRVR"
    private static final int NONCE_BYTES = 32;
    private static final int PROOF_BYTES = 32;
    private static final int MAX_MESSAGE_BYTES = 4096;
    private static final String ALGORITHM = "HmacSHA256";

    private final Identity self;
    private final Versions versions;
    private final SecureRandom random;

    Handshake(Identity self, Versions versions, SecureRandom random) {
        this.self = self;
        this.versions = versions;
        this.random = random;
    }

    /** Who the other one is, and which version both speak. */
    record Peer(int broker, String disk, String incarnation, int version) {}

    private record Hello(
            Versions versions, String cluster, int broker, String disk, String incarnation, byte[] bytes) {}

    /**
     * The side that connected.
     *
     * @throws IOException when the other one is not who it should be, or refuses; the message says why
     */
    Peer connect(Network.Link link) throws IOException {
        byte[] mine = hello();
        write(link, mine);
        Hello theirs = readHello(link);
        byte[] proof = readMessage(link);
        requireSame(theirs);
        if (!MessageDigest.isEqual(proof, proof("accepts", mine, theirs.bytes()))) {
            throw new IOException("it does not know this cluster's secret (varve.internal.secret)");
        }
        int version = requireCommon(theirs);
        write(link, proof("connects", mine, theirs.bytes()));
        return new Peer(theirs.broker(), theirs.disk(), theirs.incarnation(), version);
    }

    /**
     * The side that was connected to. A refusal is told to the other one.
     *
     * @throws IOException when the other one is refused; the message says why
     */
    Peer accept(Network.Link link) throws IOException {
        Hello theirs = readHello(link);
        try {
            requireSame(theirs);
            int version = requireCommon(theirs);
            byte[] mine = hello();
            write(link, mine);
            write(link, proof("accepts", theirs.bytes(), mine));
            if (!MessageDigest.isEqual(readMessage(link), proof("connects", theirs.bytes(), mine))) {
                throw new IOException("it does not know this cluster's secret (varve.internal.secret)");
            }
            return new Peer(theirs.broker(), theirs.disk(), theirs.incarnation(), version);
        } catch (IOException refused) {
            byte[] words = String.valueOf(refused.getMessage()).getBytes(StandardCharsets.UTF_8);
            write(
                    link,
                    ByteBuffer.allocate(4 + words.length)
                            .putInt(REFUSAL)
                            .put(words)
                            .array());
            throw refused;
        }
    }

    private void requireSame(Hello theirs) throws IOException {
        if (!theirs.cluster().equals(self.clusterId())) {
            throw new IOException("broker " + theirs.broker() + " belongs to cluster " + theirs.cluster() + ", broker "
                    + self.broker() + " to " + self.clusterId());
        }
    }

    private int requireCommon(Hello theirs) throws IOException {
        int version = versions.common(theirs.versions());
        if (version == Versions.NONE) {
            throw new IOException("no common version of the internal protocol: broker " + self.broker() + " speaks "
                    + versions + ", broker " + theirs.broker() + " speaks " + theirs.versions()
                    + ": upgrade one version at a time");
        }
        return version;
    }

    private byte[] hello() {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        ByteBuffer out = ByteBuffer.allocate(MAX_MESSAGE_BYTES);
        out.putInt(HELLO).put((byte) versions.lowest()).put((byte) versions.highest());
        putText(out, self.clusterId());
        out.putInt(self.broker());
        putText(out, self.disk());
        putText(out, self.incarnation());
        out.put(nonce).flip();
        byte[] bytes = new byte[out.remaining()];
        out.get(bytes);
        return bytes;
    }

    private static void putText(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.putShort((short) bytes.length).put(bytes);
    }

    private static String getText(ByteBuffer in) {
        byte[] bytes = new byte[Math.min(Short.toUnsignedInt(in.getShort()), in.remaining())];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Hello readHello(Network.Link link) throws IOException {
        byte[] bytes = readMessage(link);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            if (in.getInt() != HELLO) {
                throw new IOException("it does not speak Varve's internal protocol");
            }
            Versions versions = new Versions(in.get(), in.get());
            Hello hello = new Hello(versions, getText(in), in.getInt(), getText(in), getText(in), bytes);
            in.get(new byte[NONCE_BYTES]);
            return hello;
        } catch (BufferUnderflowException e) {
            throw new IOException("its hello is cut short", e);
        }
    }

    private static byte[] readMessage(Network.Link link) throws IOException {
        int bytes = ByteBuffer.wrap(read(link, Integer.BYTES)).getInt();
        if (bytes < Integer.BYTES || bytes > MAX_MESSAGE_BYTES) {
            throw new IOException("it does not speak Varve's internal protocol");
        }
        byte[] message = read(link, bytes);
        if (ByteBuffer.wrap(message).getInt() == REFUSAL) {
            throw new IOException(new String(message, Integer.BYTES, bytes - Integer.BYTES, StandardCharsets.UTF_8));
        }
        return message;
    }

    private static byte[] read(Network.Link link, int bytes) throws IOException {
        byte[] message = new byte[bytes];
        ByteBuffer in = ByteBuffer.wrap(message);
        while (in.hasRemaining()) {
            if (link.read(in) < 0) {
                throw new IOException("it hung up");
            }
        }
        return message;
    }

    private static void write(Network.Link link, byte[] message) throws IOException {
        ByteBuffer length =
                ByteBuffer.allocate(Integer.BYTES).putInt(message.length).flip();
        link.write(new ByteBuffer[] {length, ByteBuffer.wrap(message)});
    }

    /** @param role of the one that proves, so that a proof cannot be sent back as another's */
    private byte[] proof(String role, byte[] helloOfConnecting, byte[] helloOfAccepting) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(self.secret(), ALGORITHM));
            mac.update(role.getBytes(StandardCharsets.UTF_8));
            mac.update(helloOfConnecting);
            mac.update(helloOfAccepting);
            byte[] proof = mac.doFinal();
            assert proof.length == PROOF_BYTES;
            return proof;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }
}
