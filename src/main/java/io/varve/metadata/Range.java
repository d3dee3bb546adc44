package io.varve.metadata;

import java.util.List;

/**
 * The entries under a prefix at one moment.
 *
 * @param entries in key order
 * @param revision the revision the entries were read at: a watch from here misses nothing
 */
public record Range(List<Entry> entries, long revision) {}
