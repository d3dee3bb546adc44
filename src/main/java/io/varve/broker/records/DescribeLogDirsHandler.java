package io.varve.broker.records;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.log.Partition;
import io.varve.log.Partitions;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeLogDirsRequest;
import org.apache.kafka.common.requests.DescribeLogDirsResponse;

/** DescribeLogDirs: the one data directory, with what each partition has on the local disk. */
final class DescribeLogDirsHandler implements RequestHandler {
    private final Partitions partitions;
    private final Path dataDirectory;

    DescribeLogDirsHandler(Partitions partitions, Path dataDirectory) {
        this.partitions = partitions;
        this.dataDirectory = dataDirectory;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        DescribeLogDirsRequest body = request.body(DescribeLogDirsRequest.class);
        return request.onVirtualThread(() -> {
            DescribeLogDirsResult result = new DescribeLogDirsResult().setLogDir(dataDirectory.toString());
            describeSpace(result);
            Map<String, DescribeLogDirsTopic> topics = new TreeMap<>();
            for (Partition partition : partitions.all()) {
                String topic = partition.topic().name();
                if (isWanted(body, topic, partition.id().partition())) {
                    topics.computeIfAbsent(topic, name -> new DescribeLogDirsTopic().setName(name))
                            .partitions()
                            .add(new DescribeLogDirsPartition()
                                    .setPartitionIndex(partition.id().partition())
                                    .setPartitionSize(partition.localBytes())
                                    .setOffsetLag(0)
                                    .setIsFutureKey(false));
                }
            }
            result.topics().addAll(topics.values());
            DescribeLogDirsResponseData answer = new DescribeLogDirsResponseData();
            answer.results().add(result);
            return new Reply.Send(new DescribeLogDirsResponse(answer));
        });
    }

    private void describeSpace(DescribeLogDirsResult result) {
        try {
            FileStore store = Files.getFileStore(dataDirectory);
            result.setTotalBytes(store.getTotalSpace()).setUsableBytes(store.getUsableSpace());
        } catch (IOException e) {
            result.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
        }
    }

    private static boolean isWanted(DescribeLogDirsRequest body, String topic, int partition) {
        if (body.data().topics() == null) {
            return true;
        }
        DescribableLogDirTopic wanted = body.data().topics().find(topic);
        return wanted != null && wanted.partitions().contains(partition);
    }
}
