package org.pacnet.internal.table;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Data;
import org.pacnet.data.Provenance;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;

/**
 * Turns tables into numbers by a schema learned before. Columns are matched by name, in any order.
 *
 * <p>Every method reads the table anew and throws {@link DataException} if it cannot be read, lacks
 * a column of the schema, or holds a value that the schema has no place for.
 */
public final class Encoder {

  private Encoder() {}

  /** A schema and the rows that it was learned from. */
  public record Learned(Schema schema, EncodedData rows) {}

  /**
   * Learns the schema of a table and encodes it, with labels, to train on: reads it once.
   *
   * @param side a target's: what says how rows are held out may be there and is not asked
   */
  public static Learned learn(Data data, DataOptions options, SideColumns side, ReadMonitor monitor) {
    try (Source source = Source.open(data, options.missingWords(), monitor)) {
      DataOptions own = options;
      for (String column : side.names()) {
        own = source.columns().contains(column) ? own.ignoring(column) : own;
      }
      Schema schema = SchemaLearner.learn(data, own, side.ofSource(), source);
      return new Learned(schema, side.ofSource().read(source, schema, encode(source, data, schema, true, own.ignored())));
    }
  }

  /**
   * Encodes a table to train on, with labels.
   *
   * @param ignored columns that may be there and are not used
   * @throws DataException also if the table has a column that the schema does not know: to train
   *     without it would silently lose what it says
   */
  public static EncodedData training(
      Data data, Schema schema, Set<String> ignored, ReadMonitor monitor) {
    return encode(data, schema, true, ignored, monitor);
  }

  /**
   * The same of a target, which may have classes of its own: reads the table once.
   *
   * @param more columns that the source does not have: inputs behind the schema's
   * @param side columns that say more of the rows, as {@link EncodedData#groups} and {@link EncodedData#weights} then have it
   * @param classes the schema that goes with the classes that occur in the rows that training would use; null for the one that is given
   */
  public static Learned target(
      Data data,
      Schema schema,
      @Nullable Function<List<String>, Schema> classes,
      OwnInputs more,
      SideColumns side,
      Set<String> ignored,
      ReadMonitor monitor) {
    more.check(schema);
    try (Source source = Source.open(data, schema.missingWords(), monitor)) {
      int inputs = schema.inputs().size();
      List<String> known = new ArrayList<>(RowEncoder.columns(schema, true));
      known.addAll(more.names());
      known.addAll(side.names());
      known.addAll(ignored);
      for (Part part : source.parts()) {
        List<Part.Request> ofRows = side.requests(part);
        List<Part.Request> own = more.requests(part);
        Source.checkTargetHasOnly(part, known);
        List<Part.Request> requests = new ArrayList<>(RowEncoder.requests(part, schema, true));
        requests.addAll(inputs, own);
        requests.addAll(ofRows);
        source.open(part, requests).close(); // all that is asked of it, since it is read once
      }
      List<Schema.Input> found = more.learn(source, data.name(), schema);
      Schema wider = schema.withInputs(found);
      Schema fitting = schema.classification() && classes != null ? classes.apply(distinctLabels(source, wider)).withInputs(found) : wider;
      return new Learned(fitting, side.read(source, fitting, encode(source, data, fitting, true, null)));
    }
  }

  /** Encodes a table to compare predictions with its labels; columns it has besides are ignored. */
  public static EncodedData evaluation(Data data, Schema schema, ReadMonitor monitor) {
    return encode(data, schema, true, null, monitor);
  }

  /** Encodes the inputs of a table; labels and other columns need not be there and are ignored. */
  public static EncodedData prediction(Data data, Schema schema) {
    return encode(data, schema, false, null, ReadMonitor.NONE);
  }

  /**
   * Throws a {@link DataException} unless the table is, row by row, what was encoded for prediction.
   *
   * @param encoded what that was
   */
  public static void checkUnchanged(Data data, Schema schema, Provenance encoded) {
    if (!sha256(data, schema).equals(encoded.sha256())) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s has other rows, or the same in another order, than when it was predicted; predict"
                  + " it again (a query needs an ORDER BY)",
              data.name()));
    }
  }

  private static String sha256(Data data, Schema schema) {
    if (data instanceof Data.Sql && schema.trajectories() != null) {
      return TrajectoryEncoder.prediction(data, schema).provenance().sha256();
    }
    try (Source source = Source.open(data, schema.missingWords(), ReadMonitor.NONE)) {
      if (data instanceof Data.Sql) { // is told by the values that were asked of it
        for (Part part : source.parts()) {
          source.open(part, RowEncoder.requests(part, schema, false)).close();
        }
      }
      return source.provenance(0, 0, List.of()).sha256();
    }
  }

  // The classes that occur in the rows that training would use, sorted.
  private static List<String> distinctLabels(Source source, Schema schema) {
    String label = schema.labels().get(0).name();
    int cell = schema.inputs().size();
    Set<String> classes = new HashSet<>();
    for (Part part : source.parts()) {
      try (Cursor cursor = source.open(part, RowEncoder.requests(part, schema, true))) {
        while (cursor.nextBlock()) {
          while (cursor.next()) {
            if (!cursor.isDropped(schema.missing(), schema.inputs().size())) {
              classes.add(RowEncoder.className(part, cursor, label, cell));
            }
          }
        }
      }
    }
    return Schema.sortClasses(classes);
  }

  private static EncodedData encode(
      Data data,
      Schema schema,
      boolean withLabels,
      @Nullable Set<String> ignored,
      ReadMonitor monitor) {
    try (Source source = Source.open(data, schema.missingWords(), monitor)) {
      return encode(source, data, schema, withLabels, ignored);
    }
  }

  // ignored: which columns there may be besides those of the schema; null for any.
  private static EncodedTable encode(
      Source source,
      Data data,
      Schema schema,
      boolean withLabels,
      @Nullable Set<String> ignored) {
    for (Part part : source.parts()) {
      if (ignored != null) {
        List<String> known = new ArrayList<>(RowEncoder.columns(schema, true));
        known.addAll(ignored);
        Source.checkHasOnly(part, known, "the source data did not have");
      }
      source.open(part, RowEncoder.requests(part, schema, withLabels)).close();
    }
    source.checkRows();
    RowEncoder encoder = new RowEncoder(data, schema, source.rows(), withLabels);
    for (Part part : source.parts()) {
      encoder.encode(source, part);
    }
    return encoder.finish(source);
  }
}
