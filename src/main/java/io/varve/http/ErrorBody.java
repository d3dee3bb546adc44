package io.varve.http;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Confluent's body of every error. */
public record ErrorBody(@JsonProperty("error_code") int errorCode, String message) {}
