/**
 * What long work reports, and how it is watched and ended: phases, errors, cross-validation, learning
 * curves. Nothing here computes a prediction.
 */
@NullMarked
package org.pacnet.result;

import org.jspecify.annotations.NullMarked;
