package io.varve.testkit;

import java.nio.file.Path;

/** The JDK that runs the tests runs what they start, too. */
public final class Java {
    private Java() {}

    /** The {@code java} executable of the running JDK. */
    public static String executable() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
