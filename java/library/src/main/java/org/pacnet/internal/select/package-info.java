/**
 * Choosing by cross-validation on a target's rows: trials, intervals, learning curves. How one of them learns
 * is not known here.
 */
@NullMarked
package org.pacnet.internal.select;

import org.jspecify.annotations.NullMarked;
