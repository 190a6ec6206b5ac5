package org.pacnet.data;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.pacnet.error.DataException;

/** What a query selects; it runs once, into a table. */
final class QueryPart extends TypedPart {
  private static int made;

  private final Duck duck;
  private final String name;
  private final String table;
  private final List<String> columns;
  private final List<String> types;
  private final long rows;

  /**
   * @param name what to call it in messages
   */
  QueryPart(Duck duck, String name, String sql) {
    this.duck = duck;
    this.name = name;
    synchronized (QueryPart.class) {
      table = "query" + made++;
    }
    try {
      // In brackets, so that it is one query and nothing else.
      duck.execute("CREATE TABLE %s AS SELECT * FROM (%s)".formatted(table, sql));
      columns = duck.describe("SELECT * FROM " + table, "column_name");
      types = duck.describe("SELECT * FROM " + table, "column_type");
      rows = duck.number("SELECT count(*) FROM " + table);
    } catch (SQLException e) {
      throw new DataException("%s: %s".formatted(name, Duck.reason(e)), e);
    }
    ColumnNames.check(name, columns);
  }

  @Override
  Duck duck() {
    return duck;
  }

  @Override
  List<String> types() {
    return types;
  }

  @Override
  String reader() {
    return IntStream.range(0, columns.size())
        .mapToObj(i -> "c" + i)
        .collect(Collectors.joining(", ", table + " AS t(", ")"));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> columns() {
    return columns;
  }

  @Override
  public long rows() {
    return rows;
  }
}
