package io.varve.metadata;

/**
 * What became of a transaction.
 *
 * @param applied whether every compare held and the operations were applied
 * @param revision when applied: the revision of the change, which is the new {@link Entry#version() version} of every key it put
 */
public record TxnResult(boolean applied, long revision) {}
