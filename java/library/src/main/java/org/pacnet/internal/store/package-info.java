/**
 * A model's directory: what is written in one step, read without a lock, checked before it is used, and
 * cleaned of what a dead process left. What the numbers mean for a prediction is not known here.
 */
@NullMarked
package org.pacnet.internal.store;

import org.jspecify.annotations.NullMarked;
