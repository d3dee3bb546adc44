package io.varve.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

/** The command line of {@code ./varve chaos}. */
class OptionsTest {
    @Test
    void boundsAreFaultsOrMinutesOrBoth() {
        assertThat(parse()).isEqualTo(new Options(1_000, 0, 9, false));
        assertThat(parse("--faults", "50", "--seed", "-3")).isEqualTo(new Options(50, 0, -3, false));
        assertThat(parse("--keep")).isEqualTo(new Options(1_000, 0, 9, true));
        assertThat(parse("--minutes", "5")).isEqualTo(new Options(1_000_000, 5, 9, false));
        assertThat(parse("--minutes", "5", "--faults", "7")).isEqualTo(new Options(7, 5, 9, false));
    }

    @Test
    void helpIsNoRun() {
        assertThat(Options.parse(new String[] {"--help"}, 9)).isEmpty();
    }

    @Test
    void whatIsNotUnderstoodIsSaid() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("--fault", "5"))
                .withMessage("what is --fault? See --help.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("--minutes", "many"))
                .withMessage("--minutes is a whole number from 1 to 10080");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("--faults"))
                .withMessage("--faults is a whole number from 0 to 1000000");
    }

    private static Options parse(String... words) {
        return Options.parse(words, 9).orElseThrow();
    }
}
