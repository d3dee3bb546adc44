/** Holds the pages of the documentation to the code they speak of. */
@NullMarked
package io.varve.docs;

import org.jspecify.annotations.NullMarked;
