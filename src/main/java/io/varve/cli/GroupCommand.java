package io.varve.cli;

import picocli.CommandLine.Command;

@Command(
        name = "group",
        mixinStandardHelpOptions = true,
        description = "List, describe, reset and delete consumer groups.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {GroupList.class, GroupDescribe.class, GroupReset.class, GroupDelete.class})
final class GroupCommand {}
