package io.varve.cli;

import io.varve.tier.DataObjectFooter;
import io.varve.tier.DataObjectFooter.SegmentEntry;
import io.varve.tier.DataObjectReader;
import io.varve.tier.ObjectStore;
import io.varve.tier.ObjectStoreException;
import io.varve.tier.ObjectStores;
import io.varve.tier.S3Settings;
import io.varve.tier.S3Settings.ChecksumMode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "dump",
        mixinStandardHelpOptions = true,
        description = {
            "Show the record batches in a segment file, or the segments in a data object.",
            "",
            "Without --store the argument is a segment file of a broker's data directory, with it the key of an object.",
            "Credentials come from the AWS SDK's default chain. It ends with 1 when something is damaged."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  varve segment dump varve-data/.../00000000000000000000.log",
            "  varve segment dump --store file:///tmp/varve-data/objects data/...",
            "  varve segment dump --store s3://bucket/prefix --endpoint http://minio:9000 --path-style --records data/..."
        })
final class SegmentDump implements Callable<Integer> {

    @Parameters(paramLabel = "FILE|KEY", description = "A segment file, or an object's key with --store.")
    String what = "";

    @Option(names = "--records", description = "Every record too, not only the batches.")
    boolean records;

    @Option(
            names = "--store",
            paramLabel = "URL",
            description = "The object store: s3://bucket/prefix or file:///folder.")
    @Nullable
    URI store;

    @Option(names = "--endpoint", paramLabel = "URL", description = "Endpoint of an S3-compatible store.")
    @Nullable
    URI endpoint;

    @Option(
            names = "--region",
            paramLabel = "NAME",
            defaultValue = "us-east-1",
            description = "The bucket's region (default: ${DEFAULT-VALUE}).")
    String region = "us-east-1";

    @Option(names = "--path-style", description = "The bucket's name goes into the path.")
    boolean pathStyle;

    @Option(
            names = {"-o", "--output"},
            defaultValue = "text",
            paramLabel = "FORMAT",
            description = "text for people, json (one object a line) for scripts (default: ${DEFAULT-VALUE}).")
    ClientCommand.Output output = ClientCommand.Output.text;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        var printer = new BatchPrinter(spec.commandLine().getOut(), output == ClientCommand.Output.json, records);
        boolean sound = store == null ? dumpFile(Path.of(what), printer) : dumpObject(store, printer);
        spec.commandLine().getOut().flush();
        return sound ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static boolean dumpFile(Path file, BatchPrinter printer) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw CliException.usage("there is no file " + file + ".");
        }
        try (FileRecords segment = FileRecords.open(file.toFile(), false)) {
            return printer.print(segment, Files.size(file));
        }
    }

    private boolean dumpObject(URI address, BatchPrinter printer) {
        var settings = new S3Settings(
                "",
                "",
                endpoint,
                region,
                pathStyle,
                null,
                ChecksumMode.WHEN_REQUIRED,
                S3Settings.defaults(region).connectTimeout(),
                S3Settings.defaults(region).requestTimeout(),
                4);
        try (ObjectStore objects = ObjectStores.open(address, settings)) {
            DataObjectReader reader = DataObjectReader.open(objects, what);
            boolean sound = true;
            for (SegmentEntry segment : reader.footer().segments()) {
                sound &= dumpSegment(reader, segment, printer);
            }
            return sound;
        } catch (ObjectStoreException e) {
            throw CliException.failed(String.valueOf(e.getMessage()), e);
        }
    }

    private static String topicName(DataObjectReader reader, SegmentEntry segment) {
        return reader.footer().topics().stream()
                .filter(topic -> topic.id().equals(segment.topicId()))
                .map(DataObjectFooter.TopicEntry::name)
                .findFirst()
                .orElse("");
    }

    private boolean dumpSegment(DataObjectReader reader, SegmentEntry segment, BatchPrinter printer) {
        printer.segment(segment, topicName(reader, segment));
        reader.verify(segment);
        if (!records) {
            return true;
        }
        if (segment.sizeBytes() > Integer.MAX_VALUE) {
            throw CliException.failed("a segment of " + segment.sizeBytes() + " bytes does not fit into memory.");
        }
        var bytes = reader.read(segment, 0, (int) segment.sizeBytes());
        return printer.print(MemoryRecords.readableRecords(bytes), segment.sizeBytes());
    }
}
