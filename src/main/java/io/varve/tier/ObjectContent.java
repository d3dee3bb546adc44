package io.varve.tier;

import java.io.IOException;
import java.io.InputStream;

/** What an object is to hold: can be read from the start again, since an upload may be retried. */
public interface ObjectContent {
    /** Exact length in bytes. */
    long length();

    /** A new stream over all bytes. */
    InputStream open() throws IOException;
}
