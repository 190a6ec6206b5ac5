/**
 * Learning what stands behind a source's outputs, or in its place, without being a network: what users of tables reach for
 * first. {@code docs/methods.md} has the formulas. Asking it is {@code internal.correction}'s.
 */
@NullMarked
package org.pacnet.internal.fit;

import org.jspecify.annotations.NullMarked;
