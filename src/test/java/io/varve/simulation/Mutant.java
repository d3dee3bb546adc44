package io.varve.simulation;

import java.util.List;

/**
 * A way in which the code could be wrong: a method of the real classes that does not do what it should. A simulation that is worth anything finds each
 * within a few seeds.
 *
 * @param name what is wrong, in words
 * @param rule the rule of the design that it breaks
 * @param type the simple or nested name of the class below {@code io.varve}, with its part
 */
record Mutant(String name, String rule, String type, Change change) {

    /** What is done to the class. */
    sealed interface Change {
        /** The method does nothing. */
        record Nothing(String method) implements Change {}

        /** The method answers this: a number, a truth value, or null. */
        record Answer(String method, Object value) implements Change {}

        /** The method answers what it got as its argument, 0 being the object itself. */
        record Echo(String method, int argument) implements Change {}

        /** No method of the class calls this one. */
        record Skip(String called) implements Change {}
    }

    static final Object NULL = new Object();

    static final List<Mutant> ALL = List.of(
            new Mutant(
                    "a batch is safe before the other members have it",
                    "3",
                    "log.Copies",
                    new Change.Echo("common", 1)),
            new Mutant(
                    "a journal's group is acknowledged before it is synced",
                    "3",
                    "log.JournalFile",
                    new Change.Skip("force")),
            new Mutant(
                    "the name of a segment file is not synced",
                    "3",
                    "log.LocalSegment",
                    new Change.Nothing("syncName")),
            new Mutant("the journal is not replayed", "3", "log.JournalReplay", new Change.Answer("replay", 0L)),
            new Mutant(
                    "after a failed sync the next group is acknowledged",
                    "9",
                    "log.Journal",
                    new Change.Nothing("fail")),
            new Mutant("a fenced copy takes batches all the same", "4", "log.OpenCopy", new Change.Nothing("end")),
            new Mutant(
                    "a copy counts as whole though its machine was restarted",
                    "4",
                    "replica.CopyEnd",
                    new Change.Answer("isComplete", true)),
            new Mutant(
                    "a broker trusts its lease when it has run out",
                    "4",
                    "cluster.BrokerRegistration",
                    new Change.Answer("isHeld", true)),
            new Mutant("a swap does not compare", "1", "metadata.Txn$Builder", new Change.Echo("require", 0)),
            new Mutant(
                    "every owner has the same epoch",
                    "2",
                    "cluster.PartitionTransitions",
                    new Change.Answer("nextEpoch", 1)),
            new Mutant(
                    "a segment counts as named before its record is written",
                    "5",
                    "log.TailSegments",
                    new Change.Skip("change")),
            new Mutant(
                    "a member that is lost is never left out", "5", "log.Copies", new Change.Answer("hasLost", false)),
            new Mutant(
                    "a copy is dropped though the record names it",
                    "7",
                    "log.Holding",
                    new Change.Answer("isNeeded", false)),
            new Mutant(
                    "an object is referenced that was never written", "7", "tier.Offloader", new Change.Skip("create")),
            new Mutant(
                    "the sweeper deletes what is referenced",
                    "8",
                    "tier.ReferenceSet",
                    new Change.Answer("contains", false)),
            new Mutant(
                    "a batch that is sent again is appended again",
                    "6",
                    "log.ProducerStates",
                    new Change.Answer("check", NULL)));
}
