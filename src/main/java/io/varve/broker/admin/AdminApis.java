package io.varve.broker.admin;

import io.varve.broker.Apis;
import io.varve.cluster.BrokerDefaults;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Leadership;
import io.varve.cluster.TopicConfigs;
import io.varve.cluster.TopicRegistry;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.utils.Time;

/** Puts the handlers of the admin APIs together. */
public final class AdminApis {
    private AdminApis() {}

    /** What the handlers work with. */
    public record Parts(
            TopicRegistry topics,
            TopicConfigs topicConfigs,
            BrokerDefaults defaults,
            Leadership leadership,
            ClusterView cluster,
            GroupConfigs groups,
            TopicAdmin admin,
            Time time) {

        /** Parts on the system's clock. */
        public Parts(
                TopicRegistry topics,
                TopicConfigs topicConfigs,
                BrokerDefaults defaults,
                Leadership leadership,
                ClusterView cluster,
                GroupConfigs groups,
                TopicAdmin admin) {
            this(topics, topicConfigs, defaults, leadership, cluster, groups, admin, Time.SYSTEM);
        }
    }

    /** Adds the handlers to {@code apis}. */
    public static void register(Apis.Builder apis, Parts parts) {
        TopicRegistry topics = parts.topics();
        BrokerDefaults defaults = parts.defaults();
        TopicDescriber describer = new TopicDescriber(parts.leadership(), parts.cluster());
        ConfigDescriber configs = new ConfigDescriber(parts.topicConfigs(), defaults);
        ConfigAlterer alterer = new ConfigAlterer(topics, parts.topicConfigs(), parts.groups(), parts.cluster());
        boolean autoCreate = defaults.booleanValue("auto.create.topics.enable");
        boolean deletion = defaults.booleanValue("delete.topic.enable");
        int maxDescribed = defaults.intValue("max.request.partition.size.limit");
        apis.serve(ApiKeys.METADATA, new MetadataHandler(topics, parts.cluster(), describer, parts.admin(), autoCreate))
                .serve(ApiKeys.DESCRIBE_CLUSTER, new DescribeClusterHandler(parts.cluster()))
                .serve(
                        ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
                        new DescribeTopicPartitionsHandler(topics, describer, maxDescribed))
                .serve(ApiKeys.CREATE_TOPICS, new CreateTopicsHandler(parts.admin(), configs, parts.time()))
                .serve(ApiKeys.DELETE_TOPICS, new DeleteTopicsHandler(topics, deletion, parts.time()))
                .serve(ApiKeys.CREATE_PARTITIONS, new CreatePartitionsHandler(topics, parts.admin(), parts.time()))
                .serve(
                        ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
                        new AlterPartitionReassignmentsHandler(topics, parts.cluster(), parts.time()))
                .serve(
                        ApiKeys.LIST_PARTITION_REASSIGNMENTS,
                        new ListPartitionReassignmentsHandler(topics, parts.leadership(), parts.cluster()))
                .serve(
                        ApiKeys.ELECT_LEADERS,
                        new ElectLeadersHandler(topics, parts.leadership(), parts.cluster(), parts.time()))
                .serve(
                        ApiKeys.DESCRIBE_CONFIGS,
                        new DescribeConfigsHandler(topics, parts.cluster(), configs, parts.groups()))
                .serve(ApiKeys.INCREMENTAL_ALTER_CONFIGS, new IncrementalAlterConfigsHandler(alterer))
                .serve(ApiKeys.ALTER_CONFIGS, new AlterConfigsHandler(alterer));
    }
}
