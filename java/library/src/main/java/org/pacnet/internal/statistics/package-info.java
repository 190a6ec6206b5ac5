/**
 * Tests of differences, and means: what is reckoned from numbers alone.
 */
@NullMarked
package org.pacnet.internal.statistics;

import org.jspecify.annotations.NullMarked;
