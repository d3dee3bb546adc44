package io.varve.wire;

/** Makes what a client sent fit for a log line: short, and without control characters. */
final class LogText {
    private static final int MAX_LENGTH = 200;

    private LogText() {}

    static String of(String text) {
        String shown = text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "...";
        return shown.codePoints()
                .map(c -> Character.isISOControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
