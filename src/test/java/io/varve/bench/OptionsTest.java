package io.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
    @Test
    void hasFiveRoundsOfEverythingWhenNothingIsSaid() {
        var options = parse();
        assertThat(options.rounds()).isEqualTo(5);
        assertThat(options.quick()).isFalse();
        assertThat(options.same()).isFalse();
        assertThat(options.partitions()).isEqualTo(1_000);
        assertThat(options.rate()).isEqualTo(10_000);
        assertThat(Scenarios.chosen(options).map(Scenario::name))
                .containsExactly(
                        "start",
                        "throughput",
                        "offload",
                        "latency",
                        "synced",
                        "partitions",
                        "failover",
                        "move",
                        "replicated",
                        "take-over",
                        "etcd-writes",
                        "puts");
    }

    @Test
    void takesWhatIsSaid() {
        var options = parse(
                "--only",
                "synced,start",
                "--quick",
                "--producer-property",
                "linger.ms=0",
                "--seed",
                "7",
                "--producer-property",
                "batch.size=1");
        assertThat(options.rounds()).isEqualTo(2);
        assertThat(options.seed()).isEqualTo(7);
        assertThat(options.producerProperties()).isEqualTo(List.of("linger.ms=0", "batch.size=1"));
        assertThat(Scenarios.chosen(options).map(Scenario::name)).containsExactly("start", "synced");
    }

    @Test
    void oneWordStandsForTheScenariosOfThreeBrokers() {
        assertThat(parse("--only", "start,cluster").only())
                .containsExactly("start", "failover", "move", "replicated", "take-over", "etcd-writes", "puts");
    }

    @Test
    void saysWhatIsWrong() {
        assertThatThrownBy(() -> parse("--rounds", "0")).hasMessage("--rounds is a number from 1 to 100");
        assertThatThrownBy(() -> parse("--rounds")).hasMessage("--rounds needs a value");
        assertThatThrownBy(() -> parse("--rate", "fast")).hasMessage("--rate is a number from 100 to 1000000");
        assertThatThrownBy(() -> parse("--only", "speed")).hasMessageStartingWith("there is no scenario speed");
        assertThatThrownBy(() -> parse("--fast")).hasMessage("what is --fast? See --help.");
        assertThat(Options.parse(new String[] {"--help"})).isEmpty();
    }

    private static Options parse(String... arguments) {
        return Options.parse(arguments).orElseThrow();
    }
}
