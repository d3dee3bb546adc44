package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;

/**
 * What an object key may look like: {@code [A-Za-z0-9._/-]}, 1 to 512 characters, in segments divided by single slashes, none of
 * which starts with a dot. So a key can never leave a folder, name a hidden file, or need escaping in a URL.
 */
final class ObjectKeys {
    static final int MAX_LENGTH = 512;

    private ObjectKeys() {}

    /** @throws ObjectStoreException of kind {@code REFUSED} when {@code key} is none */
    static void requireKey(String key) {
        if (key.isEmpty() || key.endsWith("/") || !isPrefix(key)) {
            throw refused(key);
        }
    }

    /** Accepts what a key may start with, also nothing at all. */
    static void requirePrefix(String prefix) {
        if (!isPrefix(prefix)) {
            throw refused(prefix);
        }
    }

    private static boolean isPrefix(String text) {
        if (text.length() > MAX_LENGTH) {
            return false;
        }
        boolean segmentStart = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((segmentStart && (c == '/' || c == '.')) || !isAllowed(c)) {
                return false;
            }
            segmentStart = c == '/';
        }
        return true;
    }

    private static boolean isAllowed(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '-' && c <= '9') || c == '_';
    }

    private static ObjectStoreException refused(String key) {
        return new ObjectStoreException(Kind.REFUSED, "Not an object key: '" + key + "'", null);
    }
}
