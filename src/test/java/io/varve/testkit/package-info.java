/** Real servers, real tools and real processes for tests and the benchmark: started, awaited and stopped in one place. */
@NullMarked
package io.varve.testkit;

import org.jspecify.annotations.NullMarked;
