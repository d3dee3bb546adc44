package io.varve.replica;

import java.io.IOException;
import org.jboss.logging.Logger;

/** What both sides do with a link that is over. */
final class Links {
    private static final Logger LOG = Logger.getLogger(Links.class);

    private Links() {}

    /** Closes it, whatever becomes of that: nobody waits for anything of it any more. */
    static void hangUp(Network.Link link) {
        try {
            link.close();
        } catch (IOException e) {
            LOG.debugf("a connection did not close cleanly. with=%s cause=%s", link.remote(), e.getMessage());
        }
    }
}
