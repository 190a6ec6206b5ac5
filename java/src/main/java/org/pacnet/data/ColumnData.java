package org.pacnet.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.pacnet.error.DataException;

/** A table of numbers in memory; see {@link Data#columns}. */
record ColumnData(Map<String, double[]> columns) implements Data {

  ColumnData {
    columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
    if (columns.isEmpty()) {
      throw new DataException("in-memory columns: there is no column");
    }
    Map.Entry<String, double[]> first = columns.entrySet().iterator().next();
    for (Map.Entry<String, double[]> column : columns.entrySet()) {
      Objects.requireNonNull(column.getKey(), "column name");
      Objects.requireNonNull(column.getValue(), column.getKey());
      if (column.getValue().length != first.getValue().length) {
        throw new DataException(
            ("in-memory columns: column %s has %d rows but column %s has %d; give all the same "
                    + "length")
                .formatted(
                    Messages.name(first.getKey()),
                    first.getValue().length,
                    Messages.name(column.getKey()),
                    column.getValue().length));
      }
    }
  }

  int rows() {
    return columns.values().iterator().next().length;
  }

  @Override
  public String name() {
    return "in-memory columns";
  }
}
