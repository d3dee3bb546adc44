package io.varve.http;

import com.fasterxml.jackson.core.JacksonException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every error of REST in Confluent's shape. */
final class ErrorMappers {
    private static final Logger LOG = Logger.getLogger(ErrorMappers.class);

    @ServerExceptionMapper
    Response json(JacksonException failure) {
        return respond(400, new ErrorBody(400, "Bad Request: " + failure.getOriginalMessage()));
    }

    @ServerExceptionMapper
    Response http(WebApplicationException failure) {
        int status = failure.getResponse().getStatus();
        return respond(status, new ErrorBody(status, String.valueOf(failure.getMessage())));
    }

    @ServerExceptionMapper
    Response any(Exception failure) {
        RestException told = RestErrors.of(failure);
        if (told.status() == 500 && told.body().errorCode() == 500) {
            LOG.errorf(failure, "event=http-request-failed");
        }
        return respond(told.status(), told.body());
    }

    private static Response respond(int status, ErrorBody body) {
        return Response.status(status)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(body)
                .build();
    }
}
