package io.varve.tier;

import org.apache.kafka.common.utils.Time;

/** The fake keeps the contract too, or tests on it would prove nothing. */
class MemoryObjectStoreTest extends ObjectStoreContract {
    private final ObjectStore store = new MemoryObjectStore(Time.SYSTEM);

    @Override
    ObjectStore store() {
        return store;
    }

    @Override
    ObjectStore unreachable() {
        var down = new FaultyObjectStore(store);
        down.down(true);
        return down;
    }
}
