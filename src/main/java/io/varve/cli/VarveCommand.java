package io.varve.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command {@code varve} with everything below it. */
@Command(
        name = "varve",
        mixinStandardHelpOptions = true,
        version = "varve 0.1.0",
        synopsisSubcommandLabel = "COMMAND",
        description = "A Kafka-compatible log service: hot records on local disk, sealed segments in object storage.",
        subcommands = {
            DevCommand.class,
            BrokerCommand.class,
            TopicCommand.class,
            GroupCommand.class,
            ProduceCommand.class,
            ConsumeCommand.class,
            StatusCommand.class,
            SegmentCommand.class,
            CommandLine.HelpCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:it could not be done; standard error says why",
            "2:the command line or the configuration is wrong"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  varve dev                                  a whole cluster in one process",
            "  varve topic create hello --partitions 3",
            "  echo 'k1=world' | varve produce hello --key-separator =",
            "  varve consume hello --from beginning",
            "  varve COMMAND --help                       more on each command",
            "",
            "In a checkout, ./varve also has: build, test [MAVEN ARGS], bench [ARGS]."
        })
public final class VarveCommand {

    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Show stack traces and the clients' own logs.")
    boolean verbose;

    VarveCommand() {}

    /** The command line, ready to execute; its result is the exit code. */
    public static CommandLine commandLine() {
        return new CommandLine(new VarveCommand())
                .setExecutionStrategy(new QuietLogs())
                .setExecutionExceptionHandler(new Failures())
                .setParameterExceptionHandler(new BadUsage())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setAbbreviatedOptionsAllowed(false)
                .setUsageHelpAutoWidth(true);
    }
}
