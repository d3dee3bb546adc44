package io.varve.broker.forward;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeLogDirsResponse;
import org.apache.kafka.common.requests.ListGroupsResponse;

/**
 * Requests that each broker answers for itself: all that live are asked, and their answers are one.
 *
 * @param unavailable what a client is told when one of them cannot be asked
 */
record EveryBroker(Whereabouts where, Function<List<AbstractResponse>, AbstractResponse> merging, Errors unavailable)
        implements Split {

    static Split groups(Whereabouts where) {
        return new EveryBroker(where, EveryBroker::listed, Errors.COORDINATOR_NOT_AVAILABLE);
    }

    /** One error is an error for all: half a list would look like a whole one. */
    private static AbstractResponse listed(List<AbstractResponse> answers) {
        ListGroupsResponseData all = new ListGroupsResponseData();
        for (AbstractResponse answer : answers) {
            ListGroupsResponseData data = ((ListGroupsResponse) answer).data();
            if (data.errorCode() != Errors.NONE.code()) {
                return new ListGroupsResponse(new ListGroupsResponseData().setErrorCode(data.errorCode()));
            }
            for (ListedGroup group : data.groups()) {
                all.groups().add(group);
            }
        }
        return new ListGroupsResponse(all);
    }

    static Split logDirs(Whereabouts where) {
        return new EveryBroker(where, EveryBroker::described, Errors.KAFKA_STORAGE_ERROR);
    }

    /** Directories of one path, which brokers mostly have, are told apart by a number behind it. */
    private static AbstractResponse described(List<AbstractResponse> answers) {
        DescribeLogDirsResponseData all = new DescribeLogDirsResponseData();
        Set<String> paths = new HashSet<>();
        for (AbstractResponse answer : answers) {
            for (DescribeLogDirsResult result :
                    ((DescribeLogDirsResponse) answer).data().results()) {
                String path = result.logDir();
                for (int number = 2; !paths.add(path); number++) {
                    path = result.logDir() + "#" + number;
                }
                all.results().add(result.setLogDir(path));
            }
        }
        return new DescribeLogDirsResponse(all);
    }

    @Override
    public List<Part> divide(AbstractRequest request) {
        return where.everyone().stream()
                .map(broker -> new Part(broker, request))
                .toList();
    }

    @Override
    public AbstractResponse merge(AbstractRequest request, List<AbstractResponse> answers) {
        return merging.apply(answers);
    }

    @Override
    public Errors notSent() {
        return unavailable;
    }

    @Override
    public Errors unknown() {
        return unavailable;
    }
}
