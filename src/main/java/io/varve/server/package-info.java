/**
 * Puts the parts together into a broker and ties its life to the process's: the only place that knows every part.
 */
@NullMarked
package io.varve.server;

import org.jspecify.annotations.NullMarked;
