package org.pacnet.spark;

import static org.apache.spark.sql.functions.col;

import java.io.Serial;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.pacnet.Model;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;

/** Which columns of a table a model reads, and which it adds. */
final class Columns implements Serializable {

  @Serial private static final long serialVersionUID = 1;

  private final String group;
  private final ArrayList<String> inputs = new ArrayList<>();
  private final ArrayList<String> labels = new ArrayList<>();
  private final ArrayList<String> classes = new ArrayList<>();

  private Columns(String group) {
    this.group = group;
  }

  static Columns of(Model model, String group) {
    Schema schema = model.schema();
    if (schema.inputs().isEmpty()) {
      throw new DataException(
          "on Spark there are models of tables only, and this one is of images or trajectories");
    }
    Columns columns = new Columns(group);
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
    List<String> wanted = names(withLabels);
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

  /** The group as text, and then the others. */
  Dataset<Row> select(Dataset<Row> table, boolean withLabels) {
    List<Column> all = new ArrayList<>();
    all.add(quoted(group).cast(DataTypes.StringType));
    names(withLabels).forEach(name -> all.add(quoted(name)));
    return table.select(all.toArray(Column[]::new));
  }

  private static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  /** What {@link #select} put behind the group. */
  List<Object> values(Row row) {
    List<Object> values = new ArrayList<>();
    for (int i = 1; i < row.size(); i++) {
      values.add(row.get(i));
    }
    return values;
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
