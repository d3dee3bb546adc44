package io.varve.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a process has used, from {@code /proc} (Linux only). */
final class ProcessUsage {
    /** USER_HZ, which is 100 on every Linux that a JVM of today runs on. */
    private static final double TICKS_PER_SECOND = 100;

    private static final int FIELDS_BEFORE_USER_TIME = 11;

    private ProcessUsage() {}

    /** CPU seconds so far, of all its threads, user and system. */
    static double cpuSeconds(long pid) {
        String stat = read(pid, "stat").getFirst();
        // The name of the program, in parentheses, may have spaces; after it come the state and ten more fields.
        var fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
        long user = Long.parseLong(fields.get(FIELDS_BEFORE_USER_TIME));
        long system = Long.parseLong(fields.get(FIELDS_BEFORE_USER_TIME + 1));
        return (user + system) / TICKS_PER_SECOND;
    }

    /** Resident memory now, in MiB. */
    static double residentMib(long pid) {
        return mib(pid, "VmRSS:");
    }

    /** The most resident memory it ever had, in MiB. */
    static double peakResidentMib(long pid) {
        return mib(pid, "VmHWM:");
    }

    private static double mib(long pid, String field) {
        return read(pid, "status").stream()
                        .filter(line -> line.startsWith(field))
                        .map(line -> line.replaceAll("\\D", ""))
                        .mapToDouble(Double::parseDouble)
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException("no " + field + " of process " + pid))
                / 1024;
    }

    private static List<String> read(long pid, String file) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), file));
        } catch (IOException e) {
            throw new UncheckedIOException("the broker is gone, or this is not Linux", e);
        }
    }
}
