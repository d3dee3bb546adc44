package io.varve.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The names in a directory. After a power cut the first few of the changes since the last sync are there, the others are not. */
final class SimDirectory implements SimDisk.Node {
    private record Change(String name, SimDisk.@Nullable Node node) {}

    private final TreeMap<String, SimDisk.Node> names = new TreeMap<>();
    private TreeMap<String, SimDisk.Node> synced = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();

    SimDisk.@Nullable Node find(String name) {
        return names.get(name);
    }

    List<String> names() {
        return List.copyOf(names.navigableKeySet());
    }

    /** Gives {@code node} that name; null takes the name away. */
    void put(String name, SimDisk.@Nullable Node node) {
        apply(names, name, node);
        changes.add(new Change(name, node));
    }

    private static void apply(Map<String, SimDisk.Node> to, String name, SimDisk.@Nullable Node node) {
        if (node == null) {
            to.remove(name);
        } else {
            to.put(name, node);
        }
    }

    void sync() {
        synced = new TreeMap<>(names);
        changes.clear();
    }

    @Override
    public void cutPower(Random random, int percentWritten) {
        int kept = changes.size() * percentWritten / 100;
        if (changes.size() > kept) {
            kept += random.nextInt(changes.size() - kept + 1);
        }
        changes.subList(0, kept).forEach(change -> apply(synced, change.name(), change.node()));
        changes.clear();
        names.clear();
        names.putAll(synced);
        names.values().forEach(node -> node.cutPower(random, percentWritten));
    }
}
