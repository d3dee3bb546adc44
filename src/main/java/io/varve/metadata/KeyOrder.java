package io.varve.metadata;

import java.util.Comparator;

/** Orders keys by their UTF-8 bytes, as etcd does. {@link String#compareTo} differs where a key has characters beyond U+FFFF. */
final class KeyOrder {
    static final Comparator<String> BY_UTF8 = KeyOrder::compare;

    private KeyOrder() {}

    private static int compare(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                // Surrogates stand for characters that come after all others.
                return Character.isSurrogate(x) == Character.isSurrogate(y)
                        ? Character.compare(x, y)
                        : Boolean.compare(Character.isSurrogate(x), Character.isSurrogate(y));
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
