package io.varve.http;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** {@code /health/live}: answers as long as the process does. A missing dependency is no reason to restart a broker. */
@org.eclipse.microprofile.health.Liveness
@Singleton
class Liveness implements HealthCheck {

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.up("varve");
    }
}
