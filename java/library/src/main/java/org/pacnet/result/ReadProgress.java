package org.pacnet.result;

/**
 * How far the reading of a table is.
 *
 * @param table the file, or what else it is read from
 * @param rows read by now; how many there will be is not known before the end
 */
public record ReadProgress(String table, long rows) {}
