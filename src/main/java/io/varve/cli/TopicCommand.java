package io.varve.cli;

import picocli.CommandLine.Command;

@Command(
        name = "topic",
        mixinStandardHelpOptions = true,
        description = "Create, list, describe and delete topics, and change their settings.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {TopicCreate.class, TopicList.class, TopicDescribe.class, TopicDelete.class, TopicConfig.class})
final class TopicCommand {}
