package org.pacnet.spark;

import static org.apache.spark.sql.functions.col;

import java.io.Serial;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;

/** Which columns of a table a model reads, and which it adds. */
final class Columns implements Serializable {

  @Serial private static final long serialVersionUID = 1;

  /** What the group is called as text, beside the table's own columns. */
  static final String GROUP = "pacnet group";

  private final String group;
  private final @Nullable String features;
  private final ArrayList<String> inputs = new ArrayList<>();
  private final ArrayList<String> labels = new ArrayList<>();
  private final ArrayList<String> classes = new ArrayList<>();

  private Columns(String group, @Nullable String features) {
    this.group = group;
    this.features = features;
  }

  /**
   * Those of a model.
   *
   * @param features a column of vectors that hold the inputs in the model's order; null where each has a column
   */
  static Columns of(Model model, String group, @Nullable String features) {
    Schema schema = model.schema();
    if (schema.inputs().isEmpty()) {
      throw new DataException(
          "on Spark there are models of tables only, and this one is of images or trajectories");
    }
    if (features != null && schema.inputs().stream().anyMatch(input -> input.kind() != ColumnKind.NUMERIC)) {
      throw new DataException(
          "a column of vectors has numbers only, and the model has categories or dates among its inputs", "featuresCol");
    }
    Columns columns = new Columns(group, features);
    schema.inputs().forEach(input -> columns.inputs.add(input.name()));
    schema.labels().forEach(label -> columns.labels.add(label.name()));
    columns.classes.addAll(schema.classes());
    return columns;
  }

  /** Inputs and, if wanted, labels. */
  List<String> names(boolean withLabels) {
    List<String> names = new ArrayList<>(inputs);
    if (withLabels) {
      names.addAll(labels);
    }
    return names;
  }

  void require(StructType schema, boolean withLabels) {
    List<String> wanted = new ArrayList<>(read());
    if (withLabels) {
      wanted.addAll(labels);
    }
    wanted.add(group);
    wanted.removeAll(Arrays.asList(schema.fieldNames()));
    if (!wanted.isEmpty()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the table lacks %s; the columns there are: %s",
              wanted,
              Arrays.toString(schema.fieldNames())));
    }
  }

  /** The group as text, and then the others: what is learnt from. */
  Dataset<Row> select(Dataset<Row> table) {
    List<Column> all = new ArrayList<>(List.of(text()));
    read().forEach(name -> all.add(quoted(name)));
    labels.forEach(name -> all.add(quoted(name)));
    return table.select(all.toArray(Column[]::new));
  }

  /** The table with the group as text behind its columns. */
  Dataset<Row> withGroup(Dataset<Row> table) {
    return table.withColumn(GROUP, text());
  }

  // One spelling for decimals and whole numbers, however they come.
  private Column text() {
    return quoted(group).cast(DataTypes.StringType);
  }

  private static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  /** What {@link #select} put behind the group: inputs and labels. */
  List<Object> values(Row row) {
    List<Object> values = new ArrayList<>();
    for (int i = 1; i < row.size(); i++) {
      add(row.get(i), values);
    }
    return values;
  }

  /** Where the whole table has what the inputs are in. */
  int[] places(List<String> fields) {
    return read().stream().mapToInt(fields::indexOf).toArray();
  }

  /** The inputs of a row of the whole table, from these places. */
  List<Object> inputs(Row row, int[] places) {
    List<Object> values = new ArrayList<>();
    for (int place : places) {
      add(row.get(place), values);
    }
    return values;
  }

  // The columns that the inputs are in.
  private List<String> read() {
    return features == null ? inputs : List.of(features);
  }

  private void add(@Nullable Object value, List<Object> to) {
    if (features != null && value == null) {
      inputs.forEach(input -> to.add(null));
    } else if (value instanceof Vector vector) {
      if (vector.size() != inputs.size()) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "a vector of column %s has %d numbers, and the model has %d inputs: %s",
                features,
                vector.size(),
                inputs.size(),
                inputs));
      }
      for (double number : vector.toArray()) {
        to.add(number);
      }
    } else {
      to.add(value);
    }
  }

  /** The names of the columns that a prediction adds. */
  List<String> added() {
    List<String> added = new ArrayList<>();
    if (classes.isEmpty()) {
      labels.forEach(label -> added.add("prediction_" + label));
    } else {
      added.add("prediction");
      classes.forEach(name -> added.add("probability_" + name));
    }
    return added;
  }

  boolean classification() {
    return !classes.isEmpty();
  }

  StructType withPredictions(StructType schema) {
    StructType all = schema;
    for (String name : added()) {
      all =
          all.add(
              name,
              name.equals("prediction") && classification()
                  ? DataTypes.StringType
                  : DataTypes.DoubleType,
              true);
    }
    return all;
  }
}
