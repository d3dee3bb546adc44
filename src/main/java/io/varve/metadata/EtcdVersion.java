package io.varve.metadata;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.StatusResponse;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.io.InputStream;

/**
 * Asks a member for its status and takes only the version from the answer. Every etcd adds fields to that answer which jetcd does not
 * know, and for each such answer protobuf first sets up the descriptors of all of etcd's messages: a good part of a broker's start.
 */
final class EtcdVersion {
    private static final MethodDescriptor<StatusRequest, String> STATUS = MaintenanceGrpc.getStatusMethod().toBuilder(
                    MaintenanceGrpc.getStatusMethod().getRequestMarshaller(), new VersionOnly())
            .build();

    private EtcdVersion() {}

    /** @throws io.grpc.StatusRuntimeException when the member gives no such answer */
    static String ask(EtcdClient client, ManagedChannel channel) {
        return ClientCalls.blockingUnaryCall(
                channel,
                STATUS,
                client.bounded(MaintenanceGrpc.newBlockingStub(channel)).getCallOptions(),
                StatusRequest.getDefaultInstance());
    }

    /** Of a {@link StatusResponse}; empty when it names none, as protobuf has it. */
    private static final class VersionOnly implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String version) {
            throw new UnsupportedOperationException("an answer is only read");
        }

        @Override
        public String parse(InputStream answer) {
            try {
                CodedInputStream fields = CodedInputStream.newInstance(answer);
                String version = "";
                for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
                    if (WireFormat.getTagFieldNumber(tag) == StatusResponse.VERSION_FIELD_NUMBER) {
                        version = fields.readStringRequireUtf8();
                    } else {
                        fields.skipField(tag);
                    }
                }
                return version;
            } catch (IOException e) {
                throw Status.INTERNAL
                        .withDescription("etcd's status cannot be read")
                        .withCause(e)
                        .asRuntimeException();
            }
        }
    }
}
