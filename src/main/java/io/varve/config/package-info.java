/**
 * Every setting of a broker, in one place: {@link io.varve.config.VarveConfig} is the interface, the reference page and the
 * validation at once. Loaded once, before anything starts; uses nothing of Varve.
 */
@NullMarked
package io.varve.config;

import org.jspecify.annotations.NullMarked;
