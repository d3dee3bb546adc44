package io.varve.group;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.metadata.Entry;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Dynamic configs of groups, as JSON under {@code group-configs/<group>}. Blocks on the store. Thread-safe. */
final class GroupConfigStore {
    private static final String PREFIX = "group-configs/";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, String>> CONFIGS = new TypeReference<>() {};

    private final MetadataStore store;

    GroupConfigStore(MetadataStore store) {
        this.store = store;
    }

    Map<String, String> get(String group) {
        return store.get(key(group)).map(GroupConfigStore::decode).orElse(Map.of());
    }

    Map<String, Map<String, String>> all() {
        Map<String, Map<String, String>> all = new TreeMap<>();
        for (Entry entry : store.range(PREFIX).entries()) {
            String group = URLDecoder.decode(entry.key().substring(PREFIX.length()), StandardCharsets.UTF_8);
            all.put(group, decode(entry));
        }
        return all;
    }

    void set(String group, Map<String, String> configs) {
        try {
            Txn.Builder txn = Txn.builder();
            store.commit(
                    configs.isEmpty()
                            ? txn.delete(key(group)).build()
                            : txn.put(key(group), JSON.writeValueAsString(new TreeMap<>(configs)))
                                    .build());
        } catch (IOException e) {
            throw new UncheckedIOException("a map of strings is always JSON", e);
        }
    }

    private static String key(String group) {
        return PREFIX + URLEncoder.encode(group, StandardCharsets.UTF_8);
    }

    private static Map<String, String> decode(Entry entry) {
        try {
            return JSON.readValue(entry.value(), CONFIGS);
        } catch (IOException e) {
            throw new GroupException("the value of key " + entry.key() + " in the metadata store is damaged", e);
        }
    }
}
