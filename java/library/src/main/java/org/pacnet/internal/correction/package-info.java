/**
 * What can stand behind a source model's outputs, or in its place, without being a network: what users of
 * tables reach for first. {@code docs/methods.md} has the formulas.
 */
@NullMarked
package org.pacnet.internal.correction;

import org.jspecify.annotations.NullMarked;
