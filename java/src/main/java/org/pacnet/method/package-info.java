/**
 * Ways to learn a target from what the source left: what it starts from, what may move, and what pulls
 * it where. {@code docs/methods.md} has the formulas and their sources.
 */
@NullMarked
package org.pacnet.method;

import org.jspecify.annotations.NullMarked;
