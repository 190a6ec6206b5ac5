/**
 * Benchmarks of the method on problems with a known answer. They run on the native core directly, on
 * data that they draw themselves; nothing here reads files or prints.
 */
@NullMarked
package org.pacnet.experiment;

import org.jspecify.annotations.NullMarked;
