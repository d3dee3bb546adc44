package io.varve.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.testkit.VarveProcess;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The protocol page and the process say the same. */
@Tag("process")
class ServedApisTest {
    @TempDir
    Path folder;

    @Test
    void theBrokerServesWhatTheProtocolPageSays() throws Exception {
        try (var varve = VarveProcess.dev(folder)) {
            var address = URI.create("kafka://" + varve.bootstrapServers());
            var request = new ApiVersionsRequest.Builder().build();
            var header = new RequestHeader(ApiKeys.API_VERSIONS, request.version(), "test", 1);

            ApiVersionsResponse answer;
            try (var socket = new Socket(address.getHost(), address.getPort())) {
                var frame = Utils.toArray(request.serializeWithHeader(header));
                var out = new DataOutputStream(socket.getOutputStream());
                out.writeInt(frame.length);
                out.write(frame);
                var in = new DataInputStream(socket.getInputStream());
                var bytes = new byte[in.readInt()];
                in.readFully(bytes);
                answer = (ApiVersionsResponse) AbstractResponse.parseResponse(ByteBuffer.wrap(bytes), header);
            }

            assertThat(answer.data().apiKeys().stream()
                            .map(api -> ApiKeys.forId(api.apiKey()))
                            .collect(Collectors.toSet()))
                    .isEqualTo(ServedApis.ALL);
        }
    }
}
