package io.varve.cli;

import picocli.CommandLine.Command;

@Command(
        name = "segment",
        mixinStandardHelpOptions = true,
        description = "Look into segment files and data objects.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {SegmentDump.class})
final class SegmentCommand {}
