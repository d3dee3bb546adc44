package io.varve.broker.records;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.FileRecords;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file slice of a fetch is given back exactly once, whether it is answered or not. */
class FetchPassTest {
    private final TopicIdPartition id = new TopicIdPartition(Uuid.randomUuid(), 0, "a");
    private final AtomicInteger released = new AtomicInteger();

    @TempDir
    Path directory;

    private FetchReader.Pass pass(FileChannel channel) {
        FetchReader.Pass pass = new FetchReader.Pass();
        pass.data.put(id, new PartitionData().setRecords(new FileRecords(channel, 0, 10, released::incrementAndGet)));
        return pass;
    }

    @Test
    void whatASessionErrorLeavesOutIsGivenBack() throws Exception {
        try (FileChannel channel = FileChannel.open(Files.createFile(directory.resolve("f")))) {
            FetchReader.Pass pass = pass(channel);

            pass.releaseAllBut(
                    FetchResponse.of(Errors.INVALID_FETCH_SESSION_EPOCH, 0, 7, new LinkedHashMap<>(), List.of()));
            pass.release();

            assertThat(released).hasValue(1);
        }
    }

    @Test
    void whatIsAnsweredIsKept() throws Exception {
        try (FileChannel channel = FileChannel.open(Files.createFile(directory.resolve("f")))) {
            FetchReader.Pass pass = pass(channel);

            pass.releaseAllBut(FetchResponse.of(Errors.NONE, 0, 7, pass.data, List.of()));

            assertThat(released).hasValue(0);
        }
    }
}
