/**
 * Answers single rows of tables, in plain Java and without anything native. How a model comes to be, and
 * whole tables, are not here.
 */
@NullMarked
package org.pacnet.predict;

import org.jspecify.annotations.NullMarked;
