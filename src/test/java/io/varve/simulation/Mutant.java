package io.varve.simulation;

import java.util.List;

/**
 * A way in which the code could be wrong: methods of the real classes that do not do what they should. A simulation that is worth anything finds each
 * within a few seeds.
 *
 * @param rule the rule of the design that it breaks
 * @param name what is wrong, in words
 */
record Mutant(String rule, String name, List<Edit> edits) {

    Mutant(String rule, String name, Edit... edits) {
        this(rule, name, List.of(edits));
    }

    /** @param type the class, without {@code io.varve} */
    record Edit(String type, Change change) {}

    /** What is done to a class. */
    sealed interface Change {
        /** The method does nothing. */
        record Nothing(String method) implements Change {}

        /** The method answers this: a number or a truth value. */
        record Answer(String method, Object value) implements Change {}

        /** The method answers null. */
        record Null(String method) implements Change {}

        /** The method answers what it got as its argument, 0 being the object itself. */
        record Echo(String method, int argument) implements Change {}

        /** No method of the class calls this one. */
        record Skip(String called) implements Change {}
    }

    private static Edit nothing(String type, String method) {
        return new Edit(type, new Change.Nothing(method));
    }

    private static Edit answer(String type, String method, Object value) {
        return new Edit(type, new Change.Answer(method, value));
    }

    private static Edit skip(String type, String called) {
        return new Edit(type, new Change.Skip(called));
    }

    static final List<Mutant> ALL = List.of(
            new Mutant("1", "a swap does not compare", new Edit("metadata.Txn$Builder", new Change.Echo("require", 0))),
            new Mutant("2", "every owner has the same epoch", answer("cluster.PartitionTransitions", "nextEpoch", 1)),
            new Mutant(
                    "3",
                    "a batch is safe before the other members have it",
                    new Edit("log.Copies", new Change.Echo("common", 1))),
            new Mutant("3", "a journal's group is acknowledged before it is synced", skip("log.JournalFile", "force")),
            new Mutant("3", "the name of a segment file is not synced", nothing("log.LocalSegment", "syncName")),
            new Mutant("3", "the journal is not replayed", answer("log.JournalReplay", "replay", 0L)),
            new Mutant(
                    "4",
                    "an owner whose lease is over goes on, and fenced copies take its batches",
                    answer("cluster.BrokerRegistration", "isHeld", true),
                    nothing("log.OpenCopy", "end")),
            new Mutant(
                    "4",
                    "a copy counts as whole though its machine was restarted",
                    answer("replica.CopyEnd", "isComplete", true)),
            new Mutant(
                    "4",
                    "a broker trusts its lease when it has run out",
                    answer("cluster.BrokerRegistration", "isHeld", true)),
            new Mutant(
                    "5", "a segment counts as named before its record is written", skip("log.TailSegments", "change")),
            new Mutant(
                    "5",
                    "a segment is sealed before the copies that it names have all of it",
                    skip("log.TailSegments", "join")),
            new Mutant(
                    "6",
                    "a batch that is sent again is appended again",
                    new Edit("log.ProducerStates", new Change.Null("check"))),
            new Mutant("7", "an object is referenced that was never written", skip("tier.Offloader", "create")),
            new Mutant("8", "the sweeper deletes what is referenced", answer("tier.ReferenceSet", "contains", false)));
}
