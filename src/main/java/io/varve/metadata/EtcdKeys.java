package io.varve.metadata;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.KeyValue;

/** Translates between the store's keys and etcd's, which carry the prefix. */
final class EtcdKeys {
    static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});

    private final String prefix;

    EtcdKeys(String prefix) {
        this.prefix = prefix.isEmpty() ? "" : prefix + "/";
    }

    ByteString full(String key) {
        return ByteString.copyFromUtf8(prefix + key);
    }

    String relative(ByteString key) {
        return key.toStringUtf8().substring(prefix.length());
    }

    Entry entry(KeyValue kv) {
        return new Entry(relative(kv.getKey()), kv.getValue().toByteArray(), kv.getModRevision());
    }

    /** The first key after all that start with {@code prefix}. */
    static ByteString endOf(ByteString prefix) {
        byte[] end = prefix.toByteArray();
        for (int i = end.length - 1; i >= 0; i--) {
            if (end[i] != (byte) 0xff) {
                end[i]++;
                return ByteString.copyFrom(end, 0, i + 1);
            }
        }
        return ZERO;
    }
}
