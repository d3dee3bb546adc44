package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class KafkaSettingsPageTest {

    @Test
    void thePageIsUpToDate() throws IOException {
        Path file = Path.of("docs/kafka-settings.md");
        String expected = KafkaSettingsPage.render();
        if (Boolean.getBoolean("varve.docs.write")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, expected);
        }
        assertThat(Files.exists(file) ? Files.readString(file) : "")
                .as(file + " is generated: run ./varve test -Dtest=KafkaSettingsPageTest -Dvarve.docs.write=true")
                .isEqualTo(expected);
    }

    @Test
    void everySettingIsOnThePage() {
        assertThat(KafkaSettingsPage.render()).contains(BrokerDefaults.honoured());
    }
}
