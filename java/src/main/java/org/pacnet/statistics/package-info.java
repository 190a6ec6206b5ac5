/** What is said of differences between numbers that belong together. */
@NullMarked
package org.pacnet.statistics;

import org.jspecify.annotations.NullMarked;
