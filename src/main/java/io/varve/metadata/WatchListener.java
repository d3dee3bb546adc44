package io.varve.metadata;

import java.util.List;

/** Receives the changes of a {@link Watch}, one call at a time, in revision order. */
public interface WatchListener {

    /** One change of one key. */
    sealed interface Event {
        String key();
    }

    /** A key was written. */
    record Changed(Entry entry) implements Event {
        @Override
        public String key() {
            return entry.key();
        }
    }

    /** A key was removed, at {@code revision}. */
    record Removed(String key, long revision) implements Event {}

    /** Changes of one or more revisions, in order; all changes of one revision arrive in one call. Must not block. */
    void onEvents(List<Event> events);

    /** The watch cannot go on without a gap; no more calls follow. */
    void onLost(MetadataException cause);
}
