package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.junit.jupiter.api.Test;

class DescribeClusterHandlerTest {
    private final AdminWorld world = new AdminWorld().withBrokers(2);

    private DescribeClusterResponseData ask(DescribeClusterRequestData data, short version) {
        return world.ask(new DescribeClusterRequest(data, version), DescribeClusterResponse.class)
                .data();
    }

    @Test
    void brokers_inEveryVersion() {
        for (short version : ApiKeys.DESCRIBE_CLUSTER.allVersions()) {
            DescribeClusterResponseData answer = ask(new DescribeClusterRequestData(), version);

            assertThat(answer.clusterId()).as("version %d", version).isEqualTo(AdminWorld.CLUSTER);
            assertThat(answer.controllerId()).isEqualTo(1);
            assertThat(answer.brokers()).hasSize(2);
            assertThat(answer.brokers().find(1).rack()).isEqualTo("rack-a");
            assertThat(answer.brokers().find(2).host()).isEqualTo("broker-2.example");
            assertThat(answer.clusterAuthorizedOperations()).isEqualTo(Integer.MIN_VALUE);
        }
    }

    @Test
    void authorizedOperations_whenAskedFor() {
        var data = new DescribeClusterRequestData().setIncludeClusterAuthorizedOperations(true);

        assertThat(ask(data, (short) 0).clusterAuthorizedOperations())
                .isEqualTo(1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12);
    }

    @Test
    void controllers_areNotHere() {
        DescribeClusterResponseData controller =
                ask(new DescribeClusterRequestData().setEndpointType((byte) 2), (short) 1);
        DescribeClusterResponseData unknown =
                ask(new DescribeClusterRequestData().setEndpointType((byte) 9), (short) 1);

        assertThat(Errors.forCode(controller.errorCode())).isEqualTo(Errors.MISMATCHED_ENDPOINT_TYPE);
        assertThat(controller.brokers()).isEmpty();
        assertThat(Errors.forCode(unknown.errorCode())).isEqualTo(Errors.UNSUPPORTED_ENDPOINT_TYPE);
        assertThat(unknown.errorMessage()).isEqualTo("Unsupported endpoint type 9");
    }
}
