package org.pacnet.data;

import java.util.Objects;

/** What a query selects; see {@link Data#sql}. */
record SqlData(String sql) implements Data {

  SqlData {
    Objects.requireNonNull(sql, "sql");
  }

  @Override
  public String name() {
    return "query";
  }
}
