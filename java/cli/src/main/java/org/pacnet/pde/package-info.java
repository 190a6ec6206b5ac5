/** Partial differential equations: tables of points to learn them from, and solutions to compare with. */
@NullMarked
package org.pacnet.pde;

import org.jspecify.annotations.NullMarked;
