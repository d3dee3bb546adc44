/**
 * What each Kafka request means: one handler an API, grouped by what they are about. Nothing here knows of sockets.
 *
 * <p>Uses {@code log}, {@code group}, {@code replica}, {@code tier}, {@code cluster}, {@code metadata} and {@code observe}.
 */
@NullMarked
package io.varve.broker;

import org.jspecify.annotations.NullMarked;
