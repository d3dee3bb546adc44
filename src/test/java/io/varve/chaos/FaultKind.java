package io.varve.chaos;

/**
 * What can happen. Lengths are how long it is left as it is, in milliseconds. What was killed is started again after that and not waited for: the
 * next fault may strike a broker that has just begun to start.
 */
enum FaultKind {
    /** kill -9 of a broker, which is away for a while and comes back on its disk. */
    KILL(Place.BROKER, 1, 12, 0, 5_000),
    /** kill -9 of two brokers. */
    KILL_TWO(Place.BROKER, 2, 4, 0, 3_000),
    /** kill -9 of all brokers. */
    KILL_ALL(Place.BROKER, 3, 1, 0, 1_000),
    /** SIGSTOP of a broker, for shorter or longer than its lease, and SIGCONT. */
    PAUSE(Place.BROKER, 1, 10, 300, 9_000),
    /** SIGSTOP of two brokers. */
    PAUSE_TWO(Place.BROKER, 2, 3, 300, 6_000),
    /** A planned stop: SIGTERM, after which the broker drains and ends. */
    STOP(Place.BROKER, 1, 9, 0, 2_000),
    /** The connections that the other brokers have to a broker are cut; new ones may be made at once. */
    CUT_PEERS(Place.PEERS, 1, 6, 0, 100),
    /** What goes between the other brokers and a broker, by the connections that they made, is held up. */
    HOLD_PEERS(Place.PEERS, 1, 6, 200, 8_000),
    /** The connections of clients to a broker are cut. */
    CUT_CLIENTS(Place.CLIENTS, 1, 5, 0, 100),
    /** What goes between clients and a broker is held up. */
    HOLD_CLIENTS(Place.CLIENTS, 1, 5, 200, 8_000),
    /** The connections of a broker to all members of etcd are cut. */
    CUT_ETCD(Place.ETCD_LINK, 1, 5, 0, 100),
    /** What goes between a broker and all members of etcd is held up: for longer than a lease, others take over. */
    HOLD_ETCD(Place.ETCD_LINK, 1, 7, 200, 8_000),
    /** The connections of a broker to the object store are cut. */
    CUT_OBJECTS(Place.OBJECTS_LINK, 1, 3, 0, 100),
    /** What goes between a broker and the object store is held up. */
    HOLD_OBJECTS(Place.OBJECTS_LINK, 1, 3, 200, 8_000),
    /** kill -9 of a member of etcd. */
    KILL_ETCD(Place.ETCD, 1, 5, 0, 4_000),
    /** SIGSTOP of a member of etcd. */
    PAUSE_ETCD(Place.ETCD, 1, 5, 300, 6_000),
    /** kill -9 of two members of etcd: there is no quorum. */
    KILL_ETCD_QUORUM(Place.ETCD, 2, 3, 0, 4_000),
    /** SIGSTOP of two members of etcd. */
    PAUSE_ETCD_QUORUM(Place.ETCD, 2, 3, 300, 6_000),
    /** kill -9 of the object store. */
    KILL_OBJECTS(Place.OBJECTS, 1, 4, 0, 6_000),
    /** SIGSTOP of the object store. */
    PAUSE_OBJECTS(Place.OBJECTS, 1, 4, 300, 8_000),
    /** A broker's disk has less space left than it refuses produce below. */
    DISK_SHORT(Place.DISK, 1, 5, 500, 6_000),
    /** A broker's disk has no byte left. */
    DISK_FULL(Place.DISK, 1, 4, 500, 6_000);

    /** Where a fault strikes. Faults at different places may overlap, also of one broker; at one place one follows the other. */
    enum Place {
        BROKER(3),
        PEERS(3),
        CLIENTS(3),
        ETCD_LINK(3),
        OBJECTS_LINK(3),
        ETCD(3),
        OBJECTS(1),
        DISK(3);

        private final int targets;

        Place(int targets) {
            this.targets = targets;
        }

        /** How many there are of it, numbered from 0. */
        int targets() {
            return targets;
        }
    }

    private final Place place;
    private final int targets;
    private final int weight;
    private final int leastMillis;
    private final int mostMillis;

    FaultKind(Place place, int targets, int weight, int leastMillis, int mostMillis) {
        this.place = place;
        this.targets = targets;
        this.weight = weight;
        this.leastMillis = leastMillis;
        this.mostMillis = mostMillis;
    }

    Place place() {
        return place;
    }

    /** How many targets one fault has. */
    int targets() {
        return targets;
    }

    /** How often it is drawn, in proportion to the others. */
    int weight() {
        return weight;
    }

    int leastMillis() {
        return leastMillis;
    }

    int mostMillis() {
        return mostMillis;
    }
}
