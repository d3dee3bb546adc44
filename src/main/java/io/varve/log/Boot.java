package io.varve.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.apache.kafka.common.Uuid;

/**
 * Tells one boot of the machine from the next. What was written to a file and not synced outlives the process, since the kernel has it, but not
 * the machine: a copy that acknowledged from memory (design section 3a) is certainly whole only within the boot it was begun in.
 */
public final class Boot {
    private static final Path LINUX = Path.of("/proc/sys/kernel/random/boot_id");

    private Boot() {}

    /** This boot's id. Where the system has none, it differs at every start of the process: too careful, and never wrong. */
    public static Uuid id() {
        try {
            UUID id = UUID.fromString(Files.readString(LINUX).strip());
            return new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits());
        } catch (IOException | IllegalArgumentException unknown) {
            return Uuid.randomUuid();
        }
    }
}
