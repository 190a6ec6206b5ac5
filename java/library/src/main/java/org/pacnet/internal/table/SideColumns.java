package org.pacnet.internal.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;

/**
 * Columns of a table that are neither inputs nor labels, and say something of its rows.
 *
 * @param fold how they are held out; null where nothing says so
 * @param weight how much they count; null where all count the same
 */
public record SideColumns(@Nullable FoldColumn fold, @Nullable String weight) {

  /** There are none. */
  public static final SideColumns NONE = new SideColumns(null, null);

  /** Those that the settings name. */
  public static SideColumns of(TransferConfig settings) {
    return new SideColumns(FoldColumn.of(settings.calibrate()), settings.columns().weight());
  }

  /** The one of them that is a source's too. */
  SideColumns ofSource() {
    return new SideColumns(null, weight);
  }

  List<String> names() {
    List<String> names = new ArrayList<>();
    if (fold != null) {
      names.add(fold.name());
    }
    if (weight != null) {
      names.add(weight);
    }
    return names;
  }

  /** How to read them, in the order of their names; throws if one is not there. */
  List<Part.Request> requests(Part part) {
    List<Part.Request> requests = new ArrayList<>();
    if (fold != null) {
      Source.checkHas(part, List.of(fold.name()), fold.purpose());
      requests.add(Source.request(part, fold.name(), true));
    }
    if (weight != null) {
      if (!part.columns().contains(weight)) {
        String name = Messages.name(weight);
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s lacks column %s, which says how much a row counts; add it to every table that is learnt from (a query can:"
                    + " SELECT *, 1 AS %s FROM ...)",
                part.name(),
                name,
                name),
            "weight");
      }
      requests.add(Source.request(part, weight, false));
    }
    return requests;
  }

  /**
   * Encoded rows with what the columns say of them.
   *
   * @param source where the columns are the last that were asked for, behind those of the schema
   */
  EncodedTable read(Source source, Schema schema, EncodedTable rows) {
    int inputs = schema.inputs().size();
    int cell = inputs + schema.labels().size();
    List<String> groups = new ArrayList<>();
    float[] weights = new float[weight == null ? 0 : rows.rows()];
    int row = 0;
    for (Part part : names().isEmpty() ? List.<Part>of() : source.parts()) {
      try (Cursor cursor = source.open(part, List.of())) {
        while (cursor.nextBlock()) {
          while (cursor.next()) {
            if (cursor.isDropped(schema.missing(), inputs)) {
              continue;
            }
            if (fold != null) {
              groups.add(fold.group(part, cursor, cell));
            }
            if (weight != null) {
              weights[row++] = weight(part, cursor, weight, cell + (fold == null ? 0 : 1));
            }
          }
        }
      }
    }
    EncodedTable grouped = fold == null ? rows : fold.grouped(source.parts().get(0).name(), groups, rows);
    return weight == null ? grouped : grouped.withWeights(weights);
  }

  private static float weight(Part part, Cursor cursor, String column, int cell) {
    String text = cursor.text(cell);
    double value = text == null && !cursor.isMissing(cell) ? cursor.number(cell) : Double.NaN;
    float weight = (float) value;
    if (weight > 0 && Float.isFinite(weight)) {
      return weight;
    }
    throw new DataException(
        String.format(
            Locale.ROOT,
            "%s: %s is no weight, which is a positive number; leave a row out that is not to count",
            part.at(cursor.row(), column),
            text != null ? Messages.value(text) : cursor.isMissing(cell) ? "a missing value" : Double.toString(value)),
        "weight");
  }
}
