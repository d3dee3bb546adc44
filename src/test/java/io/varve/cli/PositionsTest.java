package io.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cli.ResetTarget.Known;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where reading starts, and where a group is reset to. */
class PositionsTest {
    private static final long NOON_MILLIS = 1_769_860_800_000L;

    @Test
    void readsWhereToStart() {
        assertThat(StartPosition.parse("beginning")).isEqualTo(new StartPosition.Beginning());
        assertThat(StartPosition.parse("END")).isEqualTo(new StartPosition.End());
        assertThat(StartPosition.parse("4711")).isEqualTo(new StartPosition.Offset(4711));
        assertThat(StartPosition.parse("2026-01-31T12:00:00Z")).isEqualTo(new StartPosition.Time(NOON_MILLIS));
        assertThat(StartPosition.parse("2026-01-31T12:00:00")).isEqualTo(new StartPosition.Time(NOON_MILLIS));
        assertThat(StartPosition.parse("@" + NOON_MILLIS)).isEqualTo(new StartPosition.Time(NOON_MILLIS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "start", "-1", "2026-01-31", "@", "99999999999999999999"})
    void refusesWhatIsNoPlaceToStart(String text) {
        assertThatThrownBy(() -> StartPosition.parse(text))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("beginning, end, an offset, or a time");
    }

    @Test
    void aResetNeverLeavesTheLog() {
        // Given a log from 10 to 20 in which the group is at 15, and 18 is the first record of the asked time
        var known = new Known(10, 20, 15, 18);

        assertThat(new ResetTarget.Earliest().offset(known)).isEqualTo(10);
        assertThat(new ResetTarget.Latest().offset(known)).isEqualTo(20);
        assertThat(new ResetTarget.Offset(12).offset(known)).isEqualTo(12);
        assertThat(new ResetTarget.Offset(3).offset(known)).isEqualTo(10);
        assertThat(new ResetTarget.Offset(99).offset(known)).isEqualTo(20);
        assertThat(new ResetTarget.Shift(-2).offset(known)).isEqualTo(13);
        assertThat(new ResetTarget.Shift(-9).offset(known)).isEqualTo(10);
        assertThat(new ResetTarget.Time(0).offset(known)).isEqualTo(18);
    }

    @Test
    void aTimeAfterTheLastRecordIsTheEnd() {
        assertThat(new ResetTarget.Time(0).offset(new Known(10, 20, 15, -1))).isEqualTo(20);
    }

    @Test
    void readsTopicsWithPartitions() {
        assertThat(TopicPartitions.parse("orders")).isEqualTo(new TopicPartitions("orders", List.of()));
        assertThat(TopicPartitions.parse("orders:0, 2")).isEqualTo(new TopicPartitions("orders", List.of(0, 2)));
        assertThatThrownBy(() -> TopicPartitions.parse("orders:")).isInstanceOf(CliException.class);
    }
}
