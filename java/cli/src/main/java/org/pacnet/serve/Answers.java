package org.pacnet.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.base.Softmax;
import org.pacnet.predict.RowPredictor;

/** One target's answers to rows in JSON, from any thread. */
final class Answers {

  private final Model model;
  private final String target;
  private final RowPredictor predictor;
  private final List<Schema.Input> inputs;
  private final List<String> names;
  private final List<String> labels; // none for a classification
  private final List<String> classes;

  Answers(Model model, String target) {
    this.model = model;
    this.target = target;
    predictor = model.rowPredictor(target);
    inputs = Stream.concat(model.schema().inputs().stream(), model.ownInputs(target).stream()).toList();
    boolean numbers = !model.schema().classification();
    labels = numbers ? model.schema().labels().stream().map(Schema.Label::name).toList() : List.of();
    classes = numbers ? List.of() : model.classes(target);
    List<String> columns = new ArrayList<>();
    labels.forEach(label -> columns.add("prediction_" + label));
    classes.forEach(name -> columns.add("probability_" + name));
    names = List.copyOf(columns);
  }

  /** What goes in and what comes out. */
  ObjectNode description() {
    ObjectNode is = Json.MAPPER.createObjectNode().put("target", target);
    ArrayNode columns = is.putArray("inputs");
    for (Schema.Input input : inputs) {
      ObjectNode column = columns.addObject().put("name", input.name()).put("kind", input.kind().name().toLowerCase(Locale.ROOT));
      if (input.kind() == ColumnKind.CATEGORICAL) {
        input.categories().forEach(column.putArray("categories")::add);
      }
    }
    ArrayNode out = is.putArray("outputs");
    if (!classes.isEmpty()) {
      out.add("prediction");
    }
    names.forEach(out::add);
    return is;
  }

  /**
   * Predictions, a JSON object each.
   *
   * @param level of bounds; null for none
   * @throws DataException that names the row, counted from 1, whose value is wrong
   */
  ArrayNode answer(List<JsonNode> rows, @Nullable Double level) {
    if (level != null && labels.isEmpty()) {
      throw new DataException("bounds are for numbers, and the target '" + target + "' has classes");
    }
    double[] widths = level == null ? new double[0] : model.intervalWidths(target, level);
    ArrayNode answers = Json.MAPPER.createArrayNode();
    double[] row = new double[inputs.size()];
    double[] said = new double[predictor.outputs()];
    for (int r = 0; r < rows.size(); r++) {
      try {
        read(rows.get(r), row);
        predictor.predict(row, said);
      } catch (DataException e) {
        throw new DataException("row " + (r + 1) + ": " + e.getMessage(), e);
      }
      ObjectNode answer = answers.addObject();
      if (!classes.isEmpty()) {
        answer.put("prediction", classes.get(Softmax.mostProbable(said)));
      }
      for (int c = 0; c < said.length; c++) {
        answer.put(names.get(c), said[c]);
      }
      for (int c = 0; c < widths.length; c++) {
        answer.put("lower_" + labels.get(c), said[c] - widths[c]);
        answer.put("upper_" + labels.get(c), said[c] + widths[c]);
      }
    }
    return answers;
  }

  private void read(JsonNode from, double[] row) {
    if (!from.isObject()) {
      throw new DataException("a row is an object of columns, such as {\"" + inputs.get(0).name() + "\": ...}");
    }
    for (int i = 0; i < row.length; i++) {
      Schema.Input input = inputs.get(i);
      JsonNode value = from.get(input.name());
      if (value == null || value.isNull()) {
        row[i] = Double.NaN;
      } else if (!value.isValueNode() || value.isBoolean()) {
        throw new DataException("column " + input.name() + " is neither a number nor a text");
      } else {
        row[i] = number(i, input, value);
      }
    }
  }

  private double number(int column, Schema.Input input, JsonNode value) {
    if (input.kind() == ColumnKind.CATEGORICAL) {
      return predictor.category(column, value.asText());
    }
    if (input.kind().isDate()) {
      return predictor.date(column, value.asText());
    }
    if (!value.isNumber()) {
      throw new DataException("column " + input.name() + ": \"" + value.asText() + "\" is a text where a number should be");
    }
    return value.doubleValue();
  }
}
