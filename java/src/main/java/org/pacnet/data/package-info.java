/**
 * Tables in, numbers out: reading CSV, Parquet and in-memory columns, learning a {@link
 * org.pacnet.data.Schema} from the source table, encoding any table by it into the buffers that
 * training and prediction take, and writing predictions back beside the rows they belong to.
 *
 * <p>Everything here is about rows and columns. What is done with the encoded numbers is not known
 * here, nor is where a schema is kept.
 *
 * <p>All reading problems are {@link org.pacnet.error.DataException}s of one line.
 */
@NullMarked
package org.pacnet.data;

import org.jspecify.annotations.NullMarked;
