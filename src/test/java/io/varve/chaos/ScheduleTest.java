package io.varve.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.chaos.FaultKind.Place;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A seed is a schedule. */
class ScheduleTest {
    private static final EnumSet<Place> EVERYWHERE = EnumSet.allOf(Place.class);

    @Test
    void theSameSeedGivesTheSameFaults_andAnotherOneOthers() {
        List<Fault> faults = Schedule.of(42, 100, EVERYWHERE);
        assertThat(Schedule.of(42, 100, EVERYWHERE)).isEqualTo(faults);
        assertThat(Schedule.of(43, 100, EVERYWHERE)).isNotEqualTo(faults);
        assertThat(Schedule.of(42, 40, EVERYWHERE)).isEqualTo(faults.subList(0, 40));
    }

    @Test
    void everyKindIsStruckSoonerOrLater() {
        assertThat(Schedule.of(1, 1_000, EVERYWHERE).stream().map(Fault::kind).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(FaultKind.values());
    }

    @Test
    void nothingIsStruckWhereItCannotBe() {
        assertThat(Schedule.of(1, 1_000, EnumSet.complementOf(EnumSet.of(Place.DISK))))
                .allSatisfy(fault -> assertThat(fault.kind().place()).isNotEqualTo(Place.DISK));
    }

    @Test
    void faultsStayWithinTheirKindsBoundsAndStrikeDifferentTargets() {
        assertThat(Schedule.of(1, 1_000, EVERYWHERE)).allSatisfy(fault -> {
            assertThat(fault.lengthMillis())
                    .isBetween(fault.kind().leastMillis(), fault.kind().mostMillis());
            assertThat(fault.targets()).hasSize(fault.kind().targets()).doesNotHaveDuplicates();
            assertThat(fault.targets())
                    .allMatch(target -> target < fault.kind().place().targets());
        });
    }
}
