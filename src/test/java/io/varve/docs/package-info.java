/** Holds the documents against the code. */
@NullMarked
package io.varve.docs;

import org.jspecify.annotations.NullMarked;
