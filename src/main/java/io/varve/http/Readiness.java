package io.varve.http;

import io.varve.observe.HealthSource;
import io.varve.server.BrokerLifecycle;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * {@code /health/ready}: 200 when the Kafka port serves and every part is well, else 503 and each part's problem. What is only a
 * warning is told and changes nothing.
 */
@org.eclipse.microprofile.health.Readiness
@Singleton
class Readiness implements HealthCheck {
    private final BrokerLifecycle lifecycle;

    @Inject
    Readiness(BrokerLifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    @Override
    public HealthCheckResponse call() {
        List<HealthSource> sources = lifecycle.health();
        HealthCheckResponseBuilder response = HealthCheckResponse.named("varve");
        boolean well = lifecycle.running().isPresent();
        if (!well) {
            response.withData("kafka", "The broker does not serve yet.");
        }
        for (HealthSource source : sources) {
            Optional<String> problem = source.problem();
            problem.ifPresent(words -> response.withData(source.name(), words));
            well &= problem.isEmpty();
            source.warning().ifPresent(words -> response.withData(source.name() + " (warning)", words));
        }
        return response.status(well).build();
    }
}
