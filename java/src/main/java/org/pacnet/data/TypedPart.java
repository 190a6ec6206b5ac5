package org.pacnet.data;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Part of a table whose columns have types, and names c0, c1… in {@link #reader}. */
abstract class TypedPart implements Part {
  private static final Set<String> INTEGERS =
      Set.of(
          "TINYINT",
          "SMALLINT",
          "INTEGER",
          "BIGINT",
          "HUGEINT",
          "UTINYINT",
          "USMALLINT",
          "UINTEGER",
          "UBIGINT",
          "UHUGEINT");

  abstract Duck duck();

  /** DuckDB's names of the columns' types. */
  abstract List<String> types();

  /** What to select from. */
  abstract String reader();

  @Override
  public @Nullable String unusableType(int column) {
    String type = types().get(column);
    return isText(type) || isInteger(type) || isFraction(type) || isBoolean(type) ? null : type;
  }

  private static boolean isText(String type) {
    return type.equals("VARCHAR") || (type.startsWith("ENUM(") && !type.endsWith("]"));
  }

  private static boolean isInteger(String type) {
    return INTEGERS.contains(type);
  }

  private static boolean isFraction(String type) {
    return type.equals("DOUBLE")
        || type.equals("FLOAT")
        || (type.startsWith("DECIMAL(") && !type.endsWith("]"));
  }

  private static boolean isBoolean(String type) {
    return type.equals("BOOLEAN");
  }

  @Override
  public List<Block> load(List<Request> requests) {
    return Reading.all(
        new DuckCursor(duck(), name(), requests.stream().map(this::cell).toList(), reader()));
  }

  private DuckCursor.Cell cell(Request request) {
    String column = "c" + request.column();
    String type = types().get(request.column());
    if (isText(type)) {
      String text = "nullif(nullif(CAST(%s AS VARCHAR), ''), 'NA')".formatted(column);
      return CsvPart.cell(text, request.text());
    }
    if (!request.text()) {
      return new DuckCursor.Cell("CAST(%s AS DOUBLE)".formatted(column), null);
    }
    // A whole number is the same category whether a file keeps it as 3 or as 3.0. Left a number,
    // what is not finite is refused for what it is instead of becoming a category.
    if (!isFraction(type)) {
      return new DuckCursor.Cell(null, "CAST(%s AS VARCHAR)".formatted(column));
    }
    String number = "CAST(%s AS DOUBLE)".formatted(column);
    // A FLOAT is made text as it is: as a DOUBLE, 0.1 would be 0.10000000149011612.
    String text = "CAST(%s AS VARCHAR)".formatted(type.equals("FLOAT") ? column : number);
    return new DuckCursor.Cell(
        "CASE WHEN NOT isfinite(%s) THEN %s END".formatted(number, number),
        "CASE WHEN isfinite(%s) THEN regexp_replace(%s, '\\.0*$', '') END"
            .formatted(number, text));
  }

  @Override
  public String select(boolean typed) {
    return "SELECT * FROM " + reader();
  }
}
