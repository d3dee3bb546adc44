package io.varve.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * Makes a record of a line. Lines are bytes, one to a character ({@link StandardCharsets#ISO_8859_1}): whatever they hold goes into the
 * record unchanged, UTF-8 or not.
 */
final class LineParser {
    private final @Nullable String separator;
    private final @Nullable String nullMarker;
    private final List<Header> headers;

    /**
     * @param separator between key and value, or null when lines are values
     * @param nullMarker stands for null, or null when nothing does
     */
    LineParser(@Nullable String separator, @Nullable String nullMarker, Map<String, String> headers) {
        if (separator != null && separator.isEmpty()) {
            throw CliException.usage("--key-separator must not be empty.");
        }
        this.separator = separator == null ? null : line(separator);
        this.nullMarker = nullMarker == null ? null : line(nullMarker);
        this.headers = headers.entrySet().stream()
                .<Header>map(header ->
                        new RecordHeader(header.getKey(), header.getValue().getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    /** Text as it comes in a line. */
    static String line(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** The next line of {@code in} without its line feed, or null at the end; a carriage return belongs to the line. */
    static @Nullable String next(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        int next = in.read();
        if (next < 0) {
            return null;
        }
        while (next >= 0 && next != '\n') {
            line.write(next);
            next = in.read();
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    record Parsed(byte @Nullable [] key, byte @Nullable [] value, List<Header> headers) {}

    /** @throws CliException when the line has no key where it should have one */
    Parsed parse(String line, long number) {
        if (separator == null) {
            return new Parsed(null, bytes(line), headers);
        }
        int at = line.indexOf(separator);
        if (at < 0) {
            throw CliException.failed("line " + number + " has no '"
                    + new String(bytesOf(separator), StandardCharsets.UTF_8) + "' between a key and a value.");
        }
        return new Parsed(bytes(line.substring(0, at)), bytes(line.substring(at + separator.length())), headers);
    }

    private byte @Nullable [] bytes(String text) {
        return text.equals(nullMarker) ? null : bytesOf(text);
    }

    private static byte[] bytesOf(String line) {
        return line.getBytes(StandardCharsets.ISO_8859_1);
    }
}
