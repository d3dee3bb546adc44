package io.varve.tier;

/** A range of an object that is cached as a whole: objects never change, so neither does it. */
record ChunkKey(String object, long position, int length) {
    boolean isFollowedBy(ChunkKey next) {
        return position + length == next.position && object.equals(next.object);
    }
}
