package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReferenceSetTest {
    @Test
    void rule8_neverForgetsAReference() {
        var names = new ObjectNames(new ManualTime(), new Random(5));
        var keys = IntStream.range(0, 100_000).mapToObj(i -> names.data()).toList();
        var others = IntStream.range(0, 100_000).mapToObj(i -> names.data()).toList();
        var set = new ReferenceSet();

        keys.forEach(set::add);
        keys.forEach(set::add);

        assertThat(set.size()).isEqualTo(100_000);
        assertThat(keys).allMatch(set::contains);
        assertThat(others).noneMatch(set::contains);
    }
}
