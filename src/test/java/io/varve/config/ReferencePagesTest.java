package io.varve.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The reference pages are what the code says. Written anew by {@code -Dvarve.docs.write=true}. */
class ReferencePagesTest {

    @Test
    void configurationIsUpToDate() throws IOException {
        check("docs/configuration.md", ConfigurationPage.render(ConfigSchema.varve()));
    }

    @Test
    void metricsAreUpToDate() throws IOException {
        check("docs/metrics.md", MetricsPage.render());
    }

    @Test
    void everySettingHasASentenceAndEveryNumberItsBoundsAndUnit() {
        for (ConfigSchema.Entry entry : ConfigSchema.varve().entries()) {
            assertThat(entry.setting().value()).as(entry.name()).endsWith(".").hasSizeGreaterThan(20);
            if (entry.type() == int.class || entry.type() == long.class) {
                assertThat(entry.setting().min()).as(entry.name()).isGreaterThanOrEqualTo(0);
                assertThat(entry.name().endsWith("-bytes"))
                        .as(entry.name())
                        .isEqualTo(entry.setting().unit().equals("bytes"));
                assertThat(entry.name().endsWith("-ms"))
                        .as(entry.name())
                        .isEqualTo(entry.setting().unit().equals("ms"));
            }
        }
    }

    @Test
    void everyDefaultIsAllowed() {
        for (ConfigSchema.Entry entry : ConfigSchema.varve().entries()) {
            entry.byDefault()
                    .ifPresent(value -> assertThat(ValueCheck.problem(entry, value))
                            .as(entry.name())
                            .isEmpty());
        }
    }

    private static void check(String page, String expected) throws IOException {
        Path file = Path.of(page);
        if (Boolean.getBoolean("varve.docs.write")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, expected);
        }
        assertThat(Files.exists(file) ? Files.readString(file) : "")
                .as(page + " is generated: run ./varve test -Dtest=ReferencePagesTest -Dvarve.docs.write=true")
                .isEqualTo(expected);
    }
}
