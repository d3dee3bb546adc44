package io.varve.tier;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.ContentStreamProvider;

/** A range of an object's content as the SDK wants it: from its start again for every attempt. Used by one request at a time. */
final class S3Body implements ContentStreamProvider, AutoCloseable {
    private final ObjectContent content;
    private final long position;
    private final long length;
    private @Nullable InputStream current;

    S3Body(ObjectContent content, long position, long length) {
        this.content = content;
        this.position = position;
        this.length = length;
    }

    long length() {
        return length;
    }

    @Override
    public InputStream newStream() {
        close();
        try {
            InputStream stream = content.open();
            current = stream;
            stream.skipNBytes(position);
            return new Limited(stream, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        InputStream open = current;
        current = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Ends after {@code left} bytes. */
    private static final class Limited extends FilterInputStream {
        private long left;

        Limited(InputStream in, long left) {
            super(in);
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            int b = left == 0 ? -1 : in.read();
            left -= b < 0 ? 0 : 1;
            return b;
        }

        @Override
        public int read(byte[] buffer, int offset, int count) throws IOException {
            if (left == 0) {
                return -1;
            }
            int n = in.read(buffer, offset, (int) Math.min(count, left));
            left -= Math.max(n, 0);
            return n;
        }

        @Override
        public long skip(long count) throws IOException {
            long n = in.skip(Math.min(count, left));
            left -= n;
            return n;
        }

        @Override
        public int available() throws IOException {
            return (int) Math.min(in.available(), left);
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
