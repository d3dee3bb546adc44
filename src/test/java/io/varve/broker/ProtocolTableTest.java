package io.varve.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

class ProtocolTableTest {

    @Test
    void thePageIsUpToDate() throws IOException {
        Path file = Path.of("docs/protocol.md");
        String expected = ProtocolTable.render(ServedApis.ALL);
        if (Boolean.getBoolean("varve.docs.write")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, expected);
        }
        assertThat(Files.exists(file) ? Files.readString(file) : "")
                .as(file + " is generated: run ./varve test -Dtest=ProtocolTableTest -Dvarve.docs.write=true")
                .isEqualTo(expected);
    }

    @Test
    void everyApiOfKafka_isServed_orHasAReasonWhyNot() {
        for (ApiKeys api : ApiKeys.values()) {
            assertThat(ServedApis.ALL.contains(api))
                    .as("%s is served or not for a reason, and not both", api)
                    .isEqualTo(ServedApis.reason(api) == null);
        }
    }

    @Test
    void nothingIsClaimedThatIsNotThere() {
        assertThat(ServedApis.ALL)
                .hasSize(34)
                .doesNotContain(ApiKeys.END_TXN, ApiKeys.DESCRIBE_ACLS, ApiKeys.SHARE_FETCH, ApiKeys.SASL_HANDSHAKE)
                .allMatch(ApiKeys::hasValidVersion);
    }
}
