/** The catalogue of metrics and log keys that every part uses. Uses nothing of Varve. */
@NullMarked
package io.varve.observe;

import org.jspecify.annotations.NullMarked;
