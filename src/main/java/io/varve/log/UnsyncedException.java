package io.varve.log;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** A sync has failed: what the kernel still holds of the file may never get to the disk, and a second sync would not say so (rule 9). */
final class UnsyncedException extends LogException {
    @Serial
    private static final long serialVersionUID = 1L;

    UnsyncedException(Path file, IOException cause) {
        super("cannot sync " + file, cause);
    }
}
