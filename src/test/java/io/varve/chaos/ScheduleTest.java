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
        List<Fault> faults = first(100, 42);
        assertThat(first(100, 42)).isEqualTo(faults);
        assertThat(first(100, 43)).isNotEqualTo(faults);
        assertThat(first(40, 42)).isEqualTo(faults.subList(0, 40));
    }

    @Test
    void everyKindIsStruckSoonerOrLater() {
        assertThat(first(1_000, 1).stream().map(Fault::kind).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(FaultKind.values());
    }

    @Test
    void nothingIsStruckWhereItCannotBe() {
        assertThat(Schedule.of(1, EnumSet.complementOf(EnumSet.of(Place.DISK))).limit(1_000))
                .allSatisfy(fault -> assertThat(fault.kind().place()).isNotEqualTo(Place.DISK));
    }

    @Test
    void faultsStayWithinTheirKindsBoundsAndStrikeDifferentTargets() {
        assertThat(first(1_000, 1)).allSatisfy(fault -> {
            assertThat(fault.lengthMillis())
                    .isBetween(fault.kind().leastMillis(), fault.kind().mostMillis());
            assertThat(fault.targets()).hasSize(fault.kind().targets()).doesNotHaveDuplicates();
            assertThat(fault.targets())
                    .allMatch(target -> target < fault.kind().place().targets());
        });
    }

    private static List<Fault> first(int count, long seed) {
        return Schedule.of(seed, EVERYWHERE).limit(count).toList();
    }
}
