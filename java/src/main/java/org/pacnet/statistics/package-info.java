/** What is reckoned from numbers alone: probabilities, and tests of differences. */
@NullMarked
package org.pacnet.statistics;

import org.jspecify.annotations.NullMarked;
