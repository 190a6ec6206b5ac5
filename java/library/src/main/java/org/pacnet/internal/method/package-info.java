/**
 * What a method of learning a target starts from, what it moves, and what pulls it where. {@code
 * docs/methods.md} has the formulas and their sources. Which rows there are, and what becomes of the weights, is
 * not known here.
 */
@NullMarked
package org.pacnet.internal.method;

import org.jspecify.annotations.NullMarked;
