/**
 * Tables in, numbers out: reading CSV, Parquet, queries and columns in memory by DuckDB, learning a {@link
 * org.pacnet.data.Schema} from the source, encoding any table by it into the buffers that training and
 * prediction take, and writing predictions beside the rows they belong to.
 *
 * <p>What is done with the encoded numbers is not known here, nor is where a schema is kept. All
 * reading problems are {@link org.pacnet.error.DataException}s of one line.
 */
@NullMarked
package org.pacnet.internal.table;

import org.jspecify.annotations.NullMarked;
