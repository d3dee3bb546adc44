package io.varve.broker.admin;

import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.security.authorizer.AclEntry;

/** What a client may do, as Kafka answers without an authorizer: everything the kind of resource knows. */
final class AuthorizedOperations {
    static final int TOPIC = all(ResourceType.TOPIC);
    static final int CLUSTER = all(ResourceType.CLUSTER);

    private AuthorizedOperations() {}

    private static int all(ResourceType type) {
        return Utils.to32BitField(AclEntry.supportedOperations(type).stream()
                .map(AclOperation::code)
                .collect(Collectors.toSet()));
    }
}
