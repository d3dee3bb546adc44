package io.varve.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** The judge finds what it is there to find, and nothing where all is well. */
class HistoryTest {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    private final History history = new History(List.of(new History.Topic("t", 1, 3, 2)), List.of("g"));
    private final int sender = history.newSender("sender");
    private final GroupLedger group = history.group("g");

    @Test
    void findsNothingWhereEverythingAcknowledgedAndReadIsThere() {
        // Given a record that was acknowledged, one whose send failed and which is there, and one without an offset
        history.acknowledged(PARTITION, name(0), 0);
        history.failed();
        history.acknowledged(PARTITION, name(2), -1);

        // When all three are there at the end
        readAtTheEnd(0, 1, 2);

        assertThat(found()).isEmpty();
    }

    @Test
    void rule3FindsAnAcknowledgedRecordThatIsGone() {
        history.acknowledged(PARTITION, name(0), 0);
        history.acknowledged(PARTITION, name(1), 1);
        readAtTheEnd(0);
        assertThat(found())
                .containsExactly("t-0: offset 1 is gone, it was record 1 of sender 0; the partition ends at 1");
    }

    @Test
    void rule3FindsOneThatIsGoneWhoseOffsetNobodyTold() {
        history.acknowledged(PARTITION, name(7), -1);
        readAtTheEnd(0);
        assertThat(found()).containsExactly("t-0: record 7 of sender 0 was acknowledged and is gone");
    }

    @Test
    void rule6FindsWhatWasReadAndIsAnotherLater() {
        read("early", 0, 0);
        readAtTheEnd(3);
        assertThat(found())
                .containsExactly("t-0: offset 0 is record 3 of sender 0 (read by the last reader) and was record 0 of"
                        + " sender 0 before");
    }

    @Test
    void findsTwoRecordsAcknowledgedAtOneOffset() {
        history.acknowledged(PARTITION, name(0), 0);
        history.acknowledged(PARTITION, name(1), 0);
        assertThat(found())
                .containsExactly(
                        "t-0: offset 0 is record 1 of sender 0 (acknowledged) and was record 0 of sender 0 before");
    }

    @Test
    void findsADoubledRecordAndOneOutOfOrder() {
        readAtTheEnd(0, 1, 1, 3, 2);
        assertThat(found())
                .containsExactly(
                        "t-0: offset 2 is record 1 of sender 0, which comes after its record 1: it is doubled or out"
                                + " of order",
                        "t-0: offset 4 is record 2 of sender 0, which comes after its record 3: it is doubled or out"
                                + " of order");
    }

    @Test
    void findsARecordThatNobodySent() {
        history.read("reader", PARTITION, 0, "nonsense");
        history.read("reader", PARTITION, 1, "99 0 x");
        assertThat(found())
                .containsExactly(
                        "t-0: offset 0 is nothing that was ever sent, read by reader",
                        "t-0: offset 1 is nothing that was ever sent, read by reader");
    }

    @Test
    void rule6FindsAnEndThatWentBack() {
        Ledger ledger = history.ledger(PARTITION);
        ledger.end(0, 10);
        ledger.end(ledger.floor(), 9);
        assertThat(found()).containsExactly("t-0: the end offset went back to 9, it was at least 10");
    }

    @Test
    void rule6FindsAnEndBelowWhatIsAcknowledged() {
        history.acknowledged(PARTITION, name(0), 4);
        Ledger ledger = history.ledger(PARTITION);
        ledger.end(ledger.floor(), 4);
        assertThat(found()).containsExactly("t-0: the end offset went back to 4, it was at least 5");
    }

    @Test
    void findsACommittedOffsetThatWentBack() {
        group.committed(PARTITION, 5);
        group.observed(PARTITION, group.committed(PARTITION), 4);
        assertThat(found()).containsExactly("group g, t-0: the committed offset went back to 4, it was at least 5");
    }

    @Test
    void findsAMemberThatBeginsWhereTheGroupIsNot() {
        // Given a group that has read up to 3 and committed 2
        GroupLedger.Assigned first = group.assigned("first", PARTITION);
        first.read(0);
        first.read(1);
        group.committed(PARTITION, 2);
        first.read(2);

        // Then the next member may begin at 2 or at 3, and neither before nor after
        group.assigned("second", PARTITION).read(2);
        group.assigned("third", PARTITION).read(3);
        assertThat(found()).isEmpty();
        group.assigned("fourth", PARTITION).read(1);
        group.assigned("fifth", PARTITION).read(5);
        assertThat(found())
                .containsExactly(
                        "group g, t-0: member fourth begins at 1 although 2 was committed before it joined",
                        "group g, t-0: member fifth begins at 5 although nobody of the group has read beyond 4");
    }

    @Test
    void findsAGapAndARepetitionWithinAnAssignment() {
        GroupLedger.Assigned member = group.assigned("one", PARTITION);
        member.read(0);
        member.read(2);
        member.read(2);
        assertThat(found())
                .containsExactly(
                        "group g, t-0: member one read 2 where 1 was due",
                        "group g, t-0: member one read 2 where 3 was due");
    }

    private void readAtTheEnd(int... numbers) {
        Ledger.FinalReading reading = history.ledger(PARTITION).finalReading();
        for (int offset = 0; offset < numbers.length; offset++) {
            read("the last reader", numbers[offset], offset);
            reading.record(name(numbers[offset]), offset);
        }
        reading.end();
    }

    private void read(String reader, int number, int offset) {
        assertThat(history.read(reader, PARTITION, offset, name(number).value("x")))
                .contains(name(number));
    }

    private RecordName name(long number) {
        return new RecordName(sender, number);
    }

    private List<String> found() {
        return history.violations().words();
    }
}
