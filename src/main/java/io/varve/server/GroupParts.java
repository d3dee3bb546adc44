package io.varve.server;

import io.varve.broker.Apis;
import io.varve.broker.admin.GroupConfigs;
import io.varve.broker.group.GroupApis;
import io.varve.broker.group.StoredGroupConfigs;
import io.varve.cluster.ClusterView;
import io.varve.cluster.TopicRegistry;
import io.varve.group.GroupService;

/** The group coordinator with its way to the Kafka port. */
record GroupParts(GroupService service, TopicRegistry topics, ClusterView cluster) {

    GroupConfigs configs() {
        return new StoredGroupConfigs(service);
    }

    void register(Apis.Builder apis) {
        GroupApis.register(apis, service, topics, cluster);
    }
}
