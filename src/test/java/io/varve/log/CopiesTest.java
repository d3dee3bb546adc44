package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.util.ReferenceCounted;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.replica.CopyEnd;
import io.varve.replica.Replicator;
import io.varve.replica.SegmentCopy;
import io.varve.replica.SegmentId;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an owner may count on, by what its members have reported and the record names. */
class CopiesTest {
    private static final Member SELF = new Member(1, "a");
    private static final Member TWO = new Member(2, "b");
    private static final Member THREE = new Member(3, "c");
    private static final Watermark START = new Watermark(100, 100, 0);
    private static final Watermark ALL = new Watermark(120, 100, 900);

    @TempDir
    private Path folder;

    private final Map<Member, SegmentCopy.Listener> listeners = new HashMap<>();
    private final Copies copies = new Copies(SELF);

    private final class Recorded implements Replicator {
        @Override
        public SegmentCopy open(Member member, SegmentId segment, byte[] producers, SegmentCopy.Listener listener) {
            listeners.put(member, listener);
            return new SegmentCopy() {
                @Override
                public void append(int position, ByteBuffer batch, ReferenceCounted hold, long highWatermark) {}

                @Override
                public void advance(long highWatermark) {}

                @Override
                public void seal() {}

                @Override
                public void close() {}
            };
        }

        @Override
        public Optional<CopyEnd> fence(Member member, SegmentId segment, int epoch) {
            throw new AssertionError("nobody takes over here");
        }
    }

    @BeforeEach
    void open() {
        SegmentId segment = new SegmentId(new PartitionId(Uuid.randomUuid(), 0), 100, 4);
        copies.open(new Recorded(), segment, new byte[0], List.of(SELF, TWO, THREE), Runnable::run);
    }

    private void answers(Member... members) {
        for (Member member : members) {
            listeners.get(member).onOpen();
        }
    }

    @Test
    void rule3TheLeastOfAllThatAreNamedCounts() {
        answers(TWO, THREE);
        copies.name(List.of(SELF, TWO, THREE));
        listeners.get(TWO).onCopied(110, 400);
        assertThat(copies.common(ALL)).isEqualTo(START);
        listeners.get(THREE).onCopied(105, 200);
        assertThat(copies.common(ALL)).isEqualTo(new Watermark(105, 100, 200));
        assertThat(copies.haveAll(110)).isFalse();
    }

    @Test
    void rule5NothingMoreCountsWhileTheRecordNamesOneThatIsLost() {
        answers(TWO, THREE);
        copies.name(List.of(SELF, TWO, THREE));
        listeners.get(TWO).onCopied(120, 900);
        listeners.get(THREE).onCopied(105, 200);
        listeners.get(THREE).onLost("dead");
        assertThat(copies.common(ALL)).isEqualTo(new Watermark(105, 100, 200));
        assertThat(copies.hasLost()).isTrue();
        assertThat(copies.haveAll(120)).isTrue();
        assertThat(copies.ensemble()).containsExactly(SELF, TWO);
    }

    @Test
    void rule3WhatAMemberHadThatWasLostBeforeTheRecordNamedItDoesNotCount() {
        answers(TWO, THREE);
        listeners.get(TWO).onCopied(120, 900);
        listeners.get(THREE).onCopied(120, 900);
        List<Member> written = copies.ensemble();
        // When one is lost while the record is being written
        listeners.get(THREE).onLost("dead");
        copies.name(written);
        assertThat(copies.common(ALL)).isEqualTo(START);
    }

    @Test
    void rule4ACopyThatWasFencedWritesNothingMore() throws Exception {
        // Given a copy that was fenced, and a segment of this broker's own that has its place now
        Path path = folder.resolve("00000000000000000100.log");
        try (OpenFiles files = new OpenFiles(10)) {
            PartitionId partition = new PartitionId(Uuid.randomUuid(), 0);
            SegmentState start = SegmentState.start(4, Uuid.randomUuid(), 100, new byte[0]);
            LocalSegment segment = LocalSegment.create(partition, start, true, path, files, 4096);
            DiskSpace disk = new DiskSpace(folder, 0, 0, new SimpleMeterRegistry());
            OpenCopy copy = new OpenCopy(
                    new SegmentId(partition, 100, 4),
                    segment,
                    new byte[0],
                    disk,
                    new LogMetrics(new SimpleMeterRegistry()),
                    () -> {});
            copy.fence();
            SegmentState own = SegmentState.start(6, Uuid.randomUuid(), 100, new byte[0]);
            LocalSegment _ = LocalSegment.create(partition, own, true, path, files, 4096);
            // When the former owner's seal comes late
            copy.seal();
            // Then the state is that of this broker's own segment
            assertThat(SegmentRecovery.epochOf(path)).isEqualTo(6);
            assertThat(Files.exists(SegmentFiles.indexOf(path))).isFalse();
        }
    }

    @Test
    void whoDoesNotAnswerIsNotInTheEnsemble() {
        answers(TWO);
        assertThat(copies.isAnswered()).isFalse();
        listeners.get(THREE).onLost("no answer");
        assertThat(copies.isAnswered()).isTrue();
        copies.name(copies.ensemble());
        assertThat(copies.ensemble()).containsExactly(SELF, TWO);
        assertThat(copies.hasLost()).isFalse();
        assertThat(copies.isAlone()).isFalse();
        assertThat(copies.takeLost()).containsExactly(THREE);
        assertThat(copies.takeLost()).isEmpty();
    }
}
