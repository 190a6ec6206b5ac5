/**
 * One base and a target for each group of a table, on a Spark cluster: {@link org.pacnet.spark.PacNet} learns, {@link
 * org.pacnet.spark.PacNetModel} predicts. Files are those of {@link org.pacnet.Model}.
 */
@NullMarked
package org.pacnet.spark;

import org.jspecify.annotations.NullMarked;

