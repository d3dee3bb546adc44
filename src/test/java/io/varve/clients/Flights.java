package io.varve.clients;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.testkit.OtherClients;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Real data, as the npm package vega-datasets ships it: 287,000 records, which is every record of four of its files of
 * flights (200,000 + 20,000 + 10,000 + 5,000), of American zip codes (42,049) and of bird strikes (10,000).
 *
 * <p>A record's value is its text exactly as it is in the file; its key is something of the record that many others
 * share, so that there is an order to keep.
 */
final class Flights {
    /** One record to send. */
    record Entry(String key, byte[] value) {}

    private static final Pattern DISTANCE = Pattern.compile("\"distance\":(\\d+)");
    private static final Pattern ORIGIN = Pattern.compile("\"origin\":\"(\\w+)\"");
    private static final Pattern LAST_COLUMN_BUT_ONE = Pattern.compile(",([^,]+),[^,]*$");
    private static final Pattern FIRST_COLUMN = Pattern.compile("^([^,]+),");

    private Flights() {}

    /** All records of all files, in the order of the files. */
    static List<Entry> all() {
        Path data = OtherClients.vegaData();
        var entries = new ArrayList<Entry>();
        addJson(entries, data.resolve("flights-200k.json"), "miles-", DISTANCE);
        addJson(entries, data.resolve("flights-20k.json"), "from-", ORIGIN);
        addJson(entries, data.resolve("flights-10k.json"), "from-10k-", ORIGIN);
        addJson(entries, data.resolve("flights-5k.json"), "from-5k-", ORIGIN);
        addCsv(entries, data.resolve("zipcodes.csv"), "state-", LAST_COLUMN_BUT_ONE);
        addCsv(entries, data.resolve("birdstrikes.csv"), "airport-", FIRST_COLUMN);
        return entries;
    }

    /** The file is one line: an array of flat objects. */
    private static void addJson(List<Entry> entries, Path file, String prefix, Pattern key) {
        String text = read(file);
        int start = text.indexOf('{');
        while (start >= 0) {
            int end = text.indexOf('}', start) + 1;
            add(entries, text.substring(start, end), prefix, key);
            start = text.indexOf('{', end);
        }
    }

    private static void addCsv(List<Entry> entries, Path file, String prefix, Pattern key) {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            reader.lines().skip(1).filter(line -> !line.isBlank()).forEach(line -> add(entries, line, prefix, key));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private static void add(List<Entry> entries, String text, String prefix, Pattern key) {
        var matcher = key.matcher(text);
        entries.add(new Entry(prefix + (matcher.find() ? matcher.group(1) : "none"), text.getBytes(UTF_8)));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
