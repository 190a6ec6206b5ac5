package org.pacnet.internal.many;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Data;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.learn.Measure;
import org.pacnet.internal.learn.ModelState;
import org.pacnet.internal.learn.Phases;
import org.pacnet.internal.learn.Subset;
import org.pacnet.internal.learn.TargetModel;
import org.pacnet.internal.select.Intervals;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.Groups;
import org.pacnet.result.Metrics;

/** The rows of a table, each for the target that a column names. */
public final class ByTarget {

  private final Phases phases;
  private final ModelState from;
  private final Schema schema;
  private final EncodedData rows;
  private final Map<String, int[]> chosen;

  /**
   * @param rows of the table, encoded
   */
  public ByTarget(Phases phases, ModelState from, Data table, String column, EncodedData rows) {
    schema = phases.schema();
    if (rows.features() == null || schema.trajectories() != null) {
      throw new DataException(
          "rows go to their targets in tables of inputs and labels only", "groupBy");
    }
    this.phases = phases;
    this.from = from;
    this.rows = rows;
    chosen = choose(table, column);
  }

  private Map<String, int[]> choose(Data table, String column) {
    @Nullable String[] names = Groups.values(table, column, schema.missingWords());
    BitSet dropped = rows.dropped();
    Map<String, List<Integer>> found = new TreeMap<>();
    int row = 0;
    for (int r = 0; r < names.length; r++) {
      if (dropped.get(r)) {
        continue;
      }
      String name = names[r];
      if (name == null || !from.targets().containsKey(name)) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s, row %d: %s; calibrate it first, or remove its rows",
                table.name(),
                r + 1,
                name == null
                    ? "column " + column + " names no target"
                    : "the model has no target '" + name + "'"),
            "groupBy");
      }
      found.computeIfAbsent(name, n -> new ArrayList<>()).add(row++);
    }
    Map<String, int[]> result = new LinkedHashMap<>();
    found.forEach((name, all) -> result.put(name, all.stream().mapToInt(Integer::intValue).toArray()));
    return result;
  }

  private TargetModel target(String name) {
    TargetModel target = from.target(name);
    if (target.classes() != null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the target '%s' has classes of its own, which the others don't: take it alone",
              name),
          "groupBy");
    }
    if (!target.inputs().isEmpty()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the target '%s' has inputs of its own (%s), which the others don't: take it alone",
              name,
              String.join(", ", target.inputs().stream().map(Schema.Input::name).toList())),
          "groupBy");
    }
    return target;
  }

  /** What each row's target says of it. */
  public Correction.Corrected predict() {
    int width = schema.outputWidth();
    float[] outputs = new float[rows.rows() * width];
    float[] spread = new float[outputs.length];
    boolean unsure = true;
    for (Map.Entry<String, int[]> group : chosen.entrySet()) {
      int[] own = group.getValue();
      Correction.Corrected said = phases.outputs(from, target(group.getKey()), new Subset(rows, own));
      float[] deviation = said.spread();
      unsure &= deviation != null;
      for (int i = 0; i < own.length; i++) {
        System.arraycopy(said.outputs(), i * width, outputs, own[i] * width, width);
        if (unsure) {
          System.arraycopy(Objects.requireNonNull(deviation), i * width, spread, own[i] * width, width);
        }
      }
    }
    return new Correction.Corrected(outputs, unsure ? spread : null);
  }

  /** How far bounds are from each row's prediction, by its own target, [rows, labels]. */
  public double[][] widths(double level) {
    double[][] widths = new double[rows.rows()][];
    chosen.forEach(
        (name, own) -> {
          double[] all = Intervals.widths(name, target(name), schema, level);
          for (int row : own) {
            widths[row] = all;
          }
        });
    return widths;
  }

  /** The errors of each target on its rows, by name. */
  public Map<String, Metrics> evaluate() {
    Map<String, Metrics> metrics = new LinkedHashMap<>();
    chosen.forEach(
        (name, own) -> {
          EncodedData some = new Subset(rows, own);
          metrics.put(name, Measure.of(schema, some, phases.outputs(from, target(name), some).outputs()));
        });
    return metrics;
  }
}
