package io.varve.cli;

import java.util.List;
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
            "In a checkout, ./varve also has: build, test [MAVEN ARGS], bench [ARGS], chaos [ARGS]."
        })
public final class VarveCommand {

    private static final List<Class<?>> COMMANDS = List.of(
            DevCommand.class,
            BrokerCommand.class,
            TopicCommand.class,
            PartitionCommand.class,
            GroupCommand.class,
            ProduceCommand.class,
            ConsumeCommand.class,
            StatusCommand.class,
            SegmentCommand.class,
            CommandLine.HelpCommand.class);

    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Show stack traces and the clients' own logs.")
    boolean verbose;

    VarveCommand() {}

    /** The command line with all commands. */
    public static CommandLine commandLine() {
        return commandLine(COMMANDS);
    }

    /**
     * The command line for these arguments, ready to execute; its result is the exit code. When they begin with a command, it knows only
     * that one: to look at all of them takes longer than the whole rest of a broker's command line. {@code help} is about the others.
     */
    public static CommandLine commandLine(String... args) {
        return commandLine(COMMANDS.stream()
                .filter(command -> args.length > 0
                        && !command.equals(CommandLine.HelpCommand.class)
                        && command.getAnnotation(Command.class).name().equals(args[0]))
                .findFirst()
                .map(List::<Class<?>>of)
                .orElse(COMMANDS));
    }

    private static CommandLine commandLine(List<Class<?>> commands) {
        CommandLine line = new CommandLine(new VarveCommand());
        commands.forEach(line::addSubcommand);
        return line.setExecutionStrategy(new QuietLogs())
                .setExecutionExceptionHandler(new Failures())
                .setParameterExceptionHandler(new BadUsage())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setAbbreviatedOptionsAllowed(false)
                .setUsageHelpAutoWidth(true);
    }
}
