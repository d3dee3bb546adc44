package io.varve.broker.admin;

import io.varve.broker.Apis;
import io.varve.cluster.BrokerDefaults;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Leadership;
import io.varve.cluster.TopicConfigs;
import io.varve.cluster.TopicRegistry;
import org.apache.kafka.common.protocol.ApiKeys;

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
            TopicAdmin admin) {}

    /** Adds the handlers to {@code apis}. */
    public static void register(Apis.Builder apis, Parts parts) {
        TopicDescriber describer = new TopicDescriber(parts.leadership());
        ConfigDescriber configs = new ConfigDescriber(parts.topicConfigs(), parts.defaults());
        AlterConfigsHandler alter = new AlterConfigsHandler(parts.topics(), parts.topicConfigs(), parts.groups());
        apis.serve(
                        ApiKeys.METADATA,
                        new MetadataHandler(
                                parts.topics(),
                                parts.cluster(),
                                describer,
                                parts.admin(),
                                parts.defaults().booleanValue("auto.create.topics.enable")))
                .serve(ApiKeys.DESCRIBE_CLUSTER, new DescribeClusterHandler(parts.cluster()))
                .serve(ApiKeys.DESCRIBE_TOPIC_PARTITIONS, new DescribeTopicPartitionsHandler(parts.topics(), describer))
                .serve(ApiKeys.CREATE_TOPICS, new CreateTopicsHandler(parts.admin(), configs))
                .serve(
                        ApiKeys.DELETE_TOPICS,
                        new DeleteTopicsHandler(parts.topics(), parts.defaults().booleanValue("delete.topic.enable")))
                .serve(ApiKeys.CREATE_PARTITIONS, new CreatePartitionsHandler(parts.topics(), parts.admin()))
                .serve(
                        ApiKeys.DESCRIBE_CONFIGS,
                        new DescribeConfigsHandler(parts.topics(), parts.cluster(), configs, parts.groups()))
                .serve(ApiKeys.INCREMENTAL_ALTER_CONFIGS, alter.incremental())
                .serve(ApiKeys.ALTER_CONFIGS, alter.replacing());
    }
}
