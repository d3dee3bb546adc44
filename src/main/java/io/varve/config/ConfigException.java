package io.varve.config;

import java.util.List;

/** The configuration does not allow a start: one sentence for each thing that is wrong. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    private final List<String> problems;

    public ConfigException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    /** Never empty; each is a sentence that names the setting. */
    public List<String> problems() {
        return problems;
    }
}
