package org.pacnet.internal.table;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;

/**
 * Columns that a target has and its source does not.
 *
 * @param names of them, in the order in which they become inputs
 * @param standardize whether numbers are shifted and scaled to mean 0 and deviation 1 of the target's rows
 */
public record OwnInputs(List<String> names, boolean standardize) {

  /** There are none. */
  public static final OwnInputs NONE = new OwnInputs(List.of(), false);

  /** Those that the settings name. */
  public static OwnInputs of(TransferConfig settings) {
    return new OwnInputs(settings.calibrate().extra(), settings.columns().standardizeInputs());
  }

  /** Refuses what is no column of a target's own. */
  void check(Schema source) {
    Set<String> taken = new HashSet<>(RowEncoder.columns(source, true));
    for (String name : names) {
      if (!taken.add(name)) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "column %s is the source's too, or named twice: an extra column is one that the source does not have",
                Messages.name(name)),
            "extra");
      }
    }
  }

  /** How to read them; throws if one is not there. */
  List<Part.Request> requests(Part part) {
    Source.checkHas(part, names, "is given as extra");
    return names.stream().map(name -> Source.request(part, name, false)).toList();
  }

  /**
   * Learns what they hold.
   *
   * @param source where they stand behind the schema's inputs, before its labels
   */
  List<Schema.Input> learn(Source source, String table, Schema schema) {
    List<InputLearner> learners = names.stream().map(name -> new InputLearner(name, false, false)).toList();
    int first = schema.inputs().size();
    for (Part part : source.parts()) {
      try (Cursor cursor = source.open(part, List.of())) {
        while (cursor.nextBlock()) {
          while (cursor.next()) {
            boolean used = !cursor.isDropped(schema.missing(), first + names.size());
            for (int i = 0; i < names.size(); i++) {
              if (!cursor.isMissing(first + i)) {
                learners.get(i).value(part, cursor.row(), cursor.text(first + i), cursor.number(first + i), used);
              } else if (used) {
                learners.get(i).missing(part, cursor.row());
              }
            }
          }
        }
      }
    }
    List<Schema.Input> inputs = new ArrayList<>();
    learners.forEach(learner -> inputs.add(learner.input(table, standardize)));
    return inputs;
  }
}
