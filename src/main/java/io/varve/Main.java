package io.varve;

import io.quarkus.runtime.annotations.QuarkusMain;

/** The one entry point of the jar. */
@QuarkusMain
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.err.println("varve: no commands yet");
    }
}
