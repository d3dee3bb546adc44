package io.varve.tier;

import java.net.URI;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;

/** The SDK's clients over one pool of connections. */
final class S3Clients implements AutoCloseable {
    private static final int READ_ATTEMPTS = 3;

    /**
     * The HTTP client's logs of every byte and header on the wire: never wanted, for what they say (payloads, signatures) and
     * what they cost (nine tenths of the throughput). Held, since levels are lost with their loggers.
     */
    private static final List<Logger> NEVER_LOGGED = Stream.of("wire", "headers")
            .map(name -> Logger.getLogger("org.apache.hc.client5.http." + name))
            .toList();

    static {
        NEVER_LOGGED.forEach(logger -> logger.setLevel(Level.OFF));
    }

    /** Tries a failed request again, a few times: for what may be repeated. */
    final S3Client repeating;

    /**
     * Tries once: for creates. After a lost answer, a repeated create is told that its own object exists, and nobody could tell
     * that from losing a race.
     */
    final S3Client once;

    /** What time it is where the answers come from. */
    final AnswerDate date = new AnswerDate();

    private final SdkHttpClient http;
    private final AwsCredentialsProvider credentials;

    S3Clients(S3Settings settings) {
        http = new RefusalHttpClient(new DeadlineHttpClient(connections(settings), settings.requestTimeout()));
        credentials = credentials(settings);
        RetryStrategy retries = AwsRetryStrategy.standardRetryStrategy().toBuilder()
                .maxAttempts(READ_ATTEMPTS)
                .build();
        repeating = client(settings, retries);
        once = client(settings, AwsRetryStrategy.doNotRetry());
    }

    private static SdkHttpClient connections(S3Settings settings) {
        Apache5HttpClient.Builder builder = Apache5HttpClient.builder()
                .maxConnections(settings.maxConnections())
                .connectionTimeout(settings.connectTimeout())
                .connectionAcquisitionTimeout(settings.connectTimeout())
                .socketTimeout(settings.requestTimeout())
                .tcpKeepAlive(true);
        if (settings.isPlain()) {
            // Else the system's certificates are read at the start, for nothing.
            builder.tlsSocketStrategy((socket, host, port, attachment, context) -> {
                throw new SSLException("no TLS was set up, since the endpoint is plain HTTP. host=" + host);
            });
        }
        return builder.build();
    }

    private S3Client client(S3Settings settings, RetryStrategy retries) {
        var builder = S3Client.builder()
                .httpClient(http)
                .region(Region.of(settings.region()))
                .credentialsProvider(credentials)
                .forcePathStyle(settings.pathStyle())
                .overrideConfiguration(c -> c.retryStrategy(retries).addExecutionInterceptor(date))
                .requestChecksumCalculation(
                        RequestChecksumCalculation.valueOf(settings.checksums().name()))
                .responseChecksumValidation(
                        ResponseChecksumValidation.valueOf(settings.checksums().name()));
        URI endpoint = settings.endpoint();
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        return builder.build();
    }

    private static AwsCredentialsProvider credentials(S3Settings settings) {
        S3Settings.Credentials given = settings.credentials();
        return given == null
                ? DefaultCredentialsProvider.builder().build()
                : StaticCredentialsProvider.create(AwsBasicCredentials.create(given.accessKey(), given.secretKey()));
    }

    @Override
    public void close() {
        repeating.close();
        once.close();
        if (credentials instanceof DefaultCredentialsProvider chain) {
            chain.close();
        }
        http.close();
    }
}
