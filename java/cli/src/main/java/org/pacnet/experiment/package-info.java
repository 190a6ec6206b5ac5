/**
 * Benchmarks of the methods on problems with a known answer. They go through the facade, on data that they
 * draw themselves; nothing here prints.
 */
@NullMarked
package org.pacnet.experiment;

import org.jspecify.annotations.NullMarked;
