package io.varve.log;

import java.nio.file.Path;

/**
 * How this broker keeps its log.
 *
 * @param dataDirectory on the local disk; made when missing
 * @param journalFileBytes size of one journal file
 * @param journalFiles how many of them, at least 2; together they bound what is read at the next start
 * @param maxOpenFiles how many idle segment files may stay open
 * @param producerExpirationMillis when a silent idempotent producer is forgotten ({@code producer.id.expiration.ms})
 * @param ownerCheckMillis how often partitions are given back to the brokers that they are assigned to; -1 for never
 */
public record LogSettings(
        Path dataDirectory,
        int journalFileBytes,
        int journalFiles,
        int maxOpenFiles,
        long producerExpirationMillis,
        long ownerCheckMillis) {}
