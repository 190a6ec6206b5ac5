/**
 * What can stand behind a source model's outputs, or in its place, without being a network: what is asked, and how it lies in a
 * file. {@code docs/methods.md} has the formulas. Learning it is {@code internal.fit}'s.
 */
@NullMarked
package org.pacnet.internal.correction;

import org.jspecify.annotations.NullMarked;
