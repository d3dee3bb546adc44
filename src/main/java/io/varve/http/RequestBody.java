package io.varve.http;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A request's body of any length in which no single object may be longer than a limit. Not thread-safe. */
final class RequestBody extends FilterInputStream {
    private final int limit;
    private int sinceMark;

    RequestBody(InputStream in, int limit) {
        super(in);
        this.limit = limit;
    }

    /** The next object begins about here. */
    void objectBegins() {
        sinceMark = 0;
    }

    @Override
    public int read() throws IOException {
        int next = super.read();
        count(next < 0 ? 0 : 1);
        return next;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int read = super.read(into, offset, length);
        count(Math.max(read, 0));
        return read;
    }

    private void count(int read) {
        sinceMark += read;
        if (sinceMark > limit) {
            throw new RestException(413, 413, "One record is larger than " + limit + " bytes.");
        }
    }
}
