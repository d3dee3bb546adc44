package io.varve.tier;

import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** Content that is in memory. The array must not change any more. */
record ByteArrayContent(byte[] bytes) implements ObjectContent {
    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public InputStream open() {
        return new ByteArrayInputStream(bytes);
    }
}
