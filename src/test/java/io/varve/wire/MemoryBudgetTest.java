package io.varve.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
    private final List<String> granted = new ArrayList<>();

    private MemoryBudget.Claim claim(MemoryBudget budget, int bytes, String name) {
        return budget.claim(bytes, () -> granted.add(name));
    }

    @Test
    void grantsAtOnceWhileNotUsedUp() {
        MemoryBudget budget = new MemoryBudget(100);
        MemoryBudget.Claim first = claim(budget, 99, "first");
        MemoryBudget.Claim second = claim(budget, 50, "second");

        assertThat(first.isGranted()).isTrue();
        assertThat(second.isGranted()).as("one byte was left").isTrue();
        assertThat(budget.usedBytes()).isEqualTo(149);
        assertThat(granted).as("nobody had to wait").isEmpty();
    }

    @Test
    void grantsWaitingClaimsInOrderWhenBytesComeBack() {
        MemoryBudget budget = new MemoryBudget(100);
        MemoryBudget.Claim holder = claim(budget, 100, "holder");
        MemoryBudget.Claim large = claim(budget, 90, "large");
        MemoryBudget.Claim small = claim(budget, 10, "small");
        MemoryBudget.Claim last = claim(budget, 10, "last");
        assertThat(large.isGranted()).isFalse();
        assertThat(small.isGranted()).isFalse();

        holder.giveBack();

        assertThat(granted).containsExactly("large", "small");
        assertThat(last.isGranted()).isFalse();
        assertThat(budget.usedBytes()).isEqualTo(100);
        assertThat(budget.waiting()).isEqualTo(1);
    }

    @Test
    void newcomersDoNotOvertakeThoseWhoWait() {
        MemoryBudget budget = new MemoryBudget(100);
        MemoryBudget.Claim holder = claim(budget, 100, "holder");
        claim(budget, 200, "large");
        holder.giveBack();
        assertThat(granted).containsExactly("large");

        assertThat(claim(budget, 1, "newcomer").isGranted()).isFalse();
    }

    @Test
    void passesARequestLargerThanTheWholeBudget() {
        MemoryBudget budget = new MemoryBudget(100);
        MemoryBudget.Claim small = claim(budget, 1, "small");

        MemoryBudget.Claim huge = claim(budget, 1_000_000, "huge");

        assertThat(huge.isGranted()).isTrue();
        small.giveBack();
        huge.giveBack();
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void givingBackTwiceCountsOnce() {
        MemoryBudget budget = new MemoryBudget(100);
        MemoryBudget.Claim other = claim(budget, 30, "other");
        MemoryBudget.Claim claim = claim(budget, 20, "claim");

        claim.giveBack();
        claim.giveBack();

        assertThat(budget.usedBytes()).isEqualTo(30);
        assertThat(other.isGranted()).isTrue();
    }

    @Test
    void aWithdrawnClaimIsNeverGranted() {
        MemoryBudget budget = new MemoryBudget(100);
        MemoryBudget.Claim holder = claim(budget, 100, "holder");
        MemoryBudget.Claim withdrawn = claim(budget, 10, "withdrawn");
        claim(budget, 10, "other");

        withdrawn.giveBack();
        holder.giveBack();

        assertThat(granted).containsExactly("other");
        assertThat(withdrawn.isGranted()).isFalse();
        assertThat(budget.usedBytes()).isEqualTo(10);
    }
}
