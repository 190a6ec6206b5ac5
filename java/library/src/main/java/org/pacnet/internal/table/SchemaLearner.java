package org.pacnet.internal.table;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Missing;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;

/** Learns a {@link Schema} in one walk over the source table. */
public final class SchemaLearner {
  private final Data data;
  private final DataOptions options;
  private final SideColumns side;
  private final List<InputLearner> inputs = new ArrayList<>();
  private final List<Moments> labels = new ArrayList<>();
  private final Set<String> classes = new HashSet<>();
  private long used;

  private SchemaLearner(Data data, DataOptions options, SideColumns side) {
    this.data = data;
    this.options = options;
    this.side = side;
  }

  /**
   * Learns the schema of a source table.
   *
   * <p>A column is numeric if all its values that are not missing are numbers, and categorical if
   * none is or {@code options} says so. Means and standard deviations (dividing by the number of
   * rows, not one less) are taken over the rows that are used; with {@link Missing#MEAN} over the
   * values that are there.
   *
   * @throws DataException if the table cannot be read or does not fit the options
   */
  public static Schema learn(Data source, DataOptions options) {
    try (Source opened = Source.open(source, options.missingWords(), ReadMonitor.NONE)) {
      return SchemaLearner.learn(source, options, SideColumns.NONE, opened);
    }
  }

  /**
   * Loads the source and learns its schema.
   *
   * @param side columns that are read too, behind the others, and that the options ignore
   */
  static Schema learn(Data data, DataOptions options, SideColumns side, Source source) {
    SchemaLearner learner = new SchemaLearner(data, options, side);
    learner.checkColumns(source);
    return learner.learn(source);
  }

  private Schema learn(Source source) {
    for (String column : source.columns()) {
      if (!options.labels().contains(column) && !options.ignored().contains(column)) {
        inputs.add(new InputLearner(column, options.categorical().contains(column), options.dates().contains(column)));
      }
    }
    options.labels().forEach(label -> labels.add(new Moments()));
    for (Part part : source.parts()) {
      walk(source, part);
    }
    source.checkRows();
    if (used == 0) {
      throw Problems.allDropped(data, source.rows());
    }
    return schema();
  }

  private void checkColumns(Source source) {
    Part first = source.parts().get(0);
    Source.checkHas(first, options.labels(), "is given as label");
    Source.checkHas(first, new TreeSet<>(options.categorical()), "is given as categorical");
    Source.checkHas(first, new TreeSet<>(options.dates()), "is given as a date");
    Source.checkHas(first, new TreeSet<>(options.ignored()), "is to be ignored");
    source.checkSameColumns();
    if (source.columns().size() == options.labels().size() + options.ignored().size()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: all columns are labels or ignored; at least one input column is needed",
              first.name()));
    }
  }

  private void walk(Source source, Part part) {
    List<Part.Request> requests = new ArrayList<>();
    for (InputLearner input : inputs) {
      requests.add(Source.request(part, input.name(), input.readsText()));
    }
    for (String label : options.labels()) {
      requests.add(Source.request(part, label, options.classification()));
    }
    requests.addAll(side.requests(part));
    try (Cursor cursor = source.open(part, requests)) {
      while (cursor.nextBlock()) {
        if (!cursor.block().isPlain() || !takeWhole(cursor.block())) {
          takeRows(part, cursor);
        }
      }
    }
  }

  private boolean takeWhole(Block block) {
    int cells = inputs.size() + labels.size();
    for (int i = 0; i < cells; i++) {
      boolean kind = i < inputs.size() ? inputs.get(i).takesNumbers() : !options.classification();
      if (!kind || !Problems.areNumbers(block.numbers[i], block.size)) {
        return false;
      }
    }
    for (int i = 0; i < cells; i++) {
      if (i < inputs.size()) {
        inputs.get(i).values(block.numbers[i], block.size);
      } else {
        labels.get(i - inputs.size()).add(block.numbers[i], block.size);
      }
    }
    used += block.size;
    return true;
  }

  private void takeRows(Part part, Cursor cursor) {
    while (cursor.next()) {
      boolean use = !isDropped(part, cursor);
      used += use ? 1 : 0;
      for (int i = 0; i < inputs.size(); i++) {
        if (!cursor.isMissing(i)) {
          inputs.get(i).value(part, cursor.row(), cursor.text(i), cursor.number(i), use);
        }
      }
      if (use) {
        readLabels(part, cursor);
      }
    }
  }

  /** Whether the row is to be dropped; reports missing values where they are no reason to. */
  private boolean isDropped(Part part, Cursor cursor) {
    if (cursor.isDropped(options.missing(), inputs.size())) {
      return true;
    }
    for (int i = 0; i < inputs.size() + labels.size(); i++) {
      if (!cursor.isMissing(i)) {
        continue;
      }
      if (i >= inputs.size()) {
        throw Problems.missingLabel(part, cursor.row(), options.labels().get(i - inputs.size()));
      }
      if (options.missing() == Missing.ERROR) {
        throw Problems.missingInput(part, cursor.row(), inputs.get(i).name());
      }
      inputs.get(i).missing(part, cursor.row());
    }
    return false;
  }

  private void readLabels(Part part, Cursor cursor) {
    for (int i = 0; i < labels.size(); i++) {
      @Nullable String text = cursor.text(inputs.size() + i);
      if (options.classification() && text != null) {
        classes.add(text);
        continue;
      }
      String label = options.labels().get(i);
      if (text != null) {
        throw Problems.labelNotNumber(part, cursor.row(), label, text);
      }
      double value = cursor.number(inputs.size() + i);
      Problems.checkNumber(part, cursor.row(), label, value);
      labels.get(i).add(value);
    }
  }

  private Schema schema() {
    List<Schema.Input> columns =
        inputs.stream().map(i -> i.input(data.name(), options.standardizeInputs())).toList();
    List<String> sorted = Schema.sortClasses(classes);
    if (options.classification()) {
      Schema.checkClasses(options.labels().get(0), sorted);
    }
    boolean scale = options.standardizeLabels() && !options.classification();
    List<Schema.Label> targets = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      Moments moments = labels.get(i);
      targets.add(
          new Schema.Label(
              options.labels().get(i),
              scale ? moments.mean() : 0,
              scale ? moments.scale() : 1,
              options.classification() ? null : moments.range()));
    }
    return new Schema(columns, targets, sorted, options.missing(), options.missingWords());
  }
}
