package io.varve.tier;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A sealed segment could not be read from the local disk: nobody else's upload has to fail for it. */
final class SegmentUnreadableException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Offloadable segment;

    SegmentUnreadableException(Offloadable segment, String why, @Nullable Throwable cause) {
        super(
                "segment " + segment.segment().baseOffset() + " of " + segment.topicName() + "-"
                        + segment.partition().partition() + ": " + why,
                cause);
        this.segment = segment;
    }

    Offloadable segment() {
        return segment;
    }
}
