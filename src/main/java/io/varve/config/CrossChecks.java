package io.varve.config;

import io.varve.config.VarveConfig.S3;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** What no single setting can tell. */
final class CrossChecks {
    private CrossChecks() {}

    static List<String> problems(VarveConfig config) {
        var problems = new ArrayList<String>();
        if (config.data().refuseFreeBytes() > config.data().throttleFreeBytes()) {
            problems.add(
                    "varve.data.refuse-free-bytes is more than varve.data.throttle-free-bytes: produce would be refused before"
                            + " it is slowed down.");
        }
        S3 s3 = config.objectStore().s3();
        if (s3.accessKey().isPresent() != s3.secretKey().isPresent()) {
            problems.add(
                    "varve.object-store.s3.access-key and varve.object-store.s3.secret-key go together: set both or neither.");
        }
        if (config.oneAddress().listen().isPresent()
                != config.oneAddress().advertised().isPresent()) {
            problems.add(
                    "varve.one-address.listen and varve.one-address.advertised go together: where this broker listens, and the address of what is"
                            + " in front of all brokers. Set both or neither.");
        }
        URI url = config.objectStore().url();
        boolean bucket = "s3".equals(url.getScheme()) && url.getRawAuthority() != null;
        boolean folder = "file".equals(url.getScheme()) && url.getPath() != null;
        if (!bucket && !folder) {
            problems.add("varve.object-store.url=" + url + " is not s3://bucket/prefix or file:///folder.");
        }
        return problems;
    }
}
