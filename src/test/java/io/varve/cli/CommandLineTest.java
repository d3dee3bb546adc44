package io.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What can be told without a broker. */
class CommandLineTest {

    @TempDir
    Path dir;

    @Test
    void everyCommandExplainsItselfAndEachOfItsOptions() {
        for (CommandLine command : all(VarveCommand.commandLine())) {
            var spec = command.getCommandSpec();
            assertThat(spec.usageMessage().description())
                    .as(spec.qualifiedName())
                    .isNotEmpty();
            spec.options()
                    .forEach(option -> assertThat(option.description())
                            .as(spec.qualifiedName() + " " + option.longestName())
                            .isNotEmpty());
        }
    }

    private static List<CommandLine> all(CommandLine command) {
        var found = new ArrayList<>(List.of(command));
        command.getSubcommands().values().forEach(sub -> found.addAll(all(sub)));
        return found;
    }

    @Test
    void helpIsNoErrorAndNamesTheExitCodes() {
        Run run = Run.varve("--help");

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("dev", "broker", "topic", "group", "produce", "consume", "status", "segment");
        assertThat(run.out()).contains("2   the command line or the configuration is wrong");
    }

    @Test
    void aWrongCommandLineIsTwoLinesAndExitCodeTwo() {
        Run run = Run.varve("topic", "create");

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().lines())
                .containsExactly("varve: Missing required parameter: 'TOPIC'", "Try 'varve topic create --help'.");
        assertThat(Run.varve("topc").code()).isEqualTo(2);
        assertThat(Run.varve("consume", "t", "--group", "g", "--from", "end").code())
                .isEqualTo(2);
    }

    @Test
    void aBrokerThatIsNotThereIsToldInWordsWithoutAStackTrace() {
        Run run = Run.varve("topic", "list", "--bootstrap", "localhost:1", "--request-timeout-ms", "300");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("varve: no answer in time")
                .contains("--bootstrap")
                .hasLineCount(1);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void verboseShowsTheStackTrace() {
        Run run = Run.varve("--verbose", "topic", "list", "--bootstrap", "localhost:1", "--request-timeout-ms", "300");

        assertThat(run.err()).contains("TimeoutException");
        assertThat(run.err().lines().count()).isGreaterThan(1);
    }

    @Test
    void aBadBootstrapAddressIsToldAsSuch() {
        Run run = Run.varve("topic", "list", "--bootstrap", "nonsense");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("nonsense").hasLineCount(1);
    }

    @Test
    void aBrokerWithoutItsSettingsDoesNotStart() {
        Run run = Run.varve("broker", "--set", "varve.http.port=x");

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .contains(
                        "varve: varve.cluster.id is required: set it in the file, or VARVE_CLUSTER_ID in the environment.")
                .contains("varve: varve.http.port=x (from the command line) is not a number from 0 to 65535.");
    }

    @Test
    void aCommandConfigThatIsNotThereIsTold() throws Exception {
        Path missing = dir.resolve("nothing.properties");
        Files.deleteIfExists(missing);

        Run run = Run.varve("topic", "list", "--command-config", missing.toString());

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("varve: cannot read --command-config " + missing);
    }

    @Test
    void healthIsAskedOnTheFirstBootstrapHost() {
        assertThat(HealthProbe.defaultUrl("b1.example.org:9092,b2:9092")).isEqualTo("http://b1.example.org:8080");
        assertThat(HealthProbe.ask("http://localhost:1").state()).isEqualTo("unknown");
    }

    @Test
    void aPortInUseIsNamedBeforeAnythingIsTouched() throws Exception {
        Path data = Path.of(System.getProperty("java.io.tmpdir"), "varve-never-made-" + System.nanoTime());
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            Run http = Run.varve("dev", "--port", "0", "--http-port", port, "--data", data.toString());
            Run kafka = Run.varve("dev", "--port", port, "--http-port", "0", "--data", data.toString());

            assertThat(http.code()).isEqualTo(1);
            assertThat(http.err()).contains(":" + port + " (varve.http.port)", "choose another port");
            assertThat(kafka.code()).isEqualTo(1);
            assertThat(kafka.err()).contains(":" + port + " (varve.kafka.listen)", "choose another port");
            assertThat(data).doesNotExist();
        }
    }

    @Test
    void helpKnowsTheOtherCommands() {
        Run run = Run.varve("help", "topic");

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("varve topic").contains("create");
    }
}
