package io.varve.cli;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/** Makes a record of a line. */
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
        this.separator = separator;
        this.nullMarker = nullMarker;
        this.headers = headers.entrySet().stream()
                .<Header>map(header ->
                        new RecordHeader(header.getKey(), header.getValue().getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    record Parsed(byte @Nullable [] key, byte @Nullable [] value, List<Header> headers) {}

    /** @throws CliException when the line has no key where it should have one */
    Parsed parse(String line, long number) {
        if (separator == null) {
            return new Parsed(null, bytes(line), headers);
        }
        int at = line.indexOf(separator);
        if (at < 0) {
            throw CliException.failed("line " + number + " has no '" + separator + "' between a key and a value.");
        }
        return new Parsed(bytes(line.substring(0, at)), bytes(line.substring(at + separator.length())), headers);
    }

    private byte @Nullable [] bytes(String text) {
        return text.equals(nullMarker) ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}
