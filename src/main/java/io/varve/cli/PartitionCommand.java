package io.varve.cli;

import picocli.CommandLine.Command;

@Command(
        name = "partition",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Move partitions to other brokers, and see which are on their way.",
        subcommands = {PartitionMove.class, PartitionRelease.class, PartitionMoves.class})
final class PartitionCommand {}
