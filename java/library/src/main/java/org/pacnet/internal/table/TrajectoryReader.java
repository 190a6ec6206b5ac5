package org.pacnet.internal.table;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Missing;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;

/** Sorts the rows of a table into trajectories. */
final class TrajectoryReader {

  /**
   * What is read.
   *
   * @param id the column that tells trajectories apart
   * @param time the column of times
   * @param labels the columns of the state, and behind them what is predicted besides
   * @param actions the columns of what is done until the next time
   */
  record Columns(String id, String time, List<String> labels, List<String> actions) {

    List<String> all() {
      List<String> all = new ArrayList<>(List.of(id, time));
      all.addAll(labels);
      all.addAll(actions);
      return all;
    }
  }

  /** One of them: its times increase, and there is a state for each. */
  static final class Trajectory {
    final String id;
    // Where it was begun, for messages.
    final String place;
    final List<Double> times = new ArrayList<>();
    final List<double[]> states = new ArrayList<>();
    // Of the last time they may be missing, as nothing is known of what comes then.
    final List<double[]> actions = new ArrayList<>();
    @Nullable String unknownAction;
    // Of the table, from 0 and over all its files.
    final List<Integer> rows = new ArrayList<>();

    Trajectory(String id, String place) {
      this.id = id;
      this.place = place;
    }

    int size() {
      return times.size();
    }
  }

  private final Columns columns;
  private final Missing missing;
  // Of what is to be predicted only the first state is needed: the others are NaN where they are missing.
  private final boolean firstOnly;
  private final Map<String, Trajectory> found = new LinkedHashMap<>();
  private final BitSet dropped = new BitSet();
  private int tableRow;

  TrajectoryReader(Columns columns, Missing missing, boolean firstOnly) {
    this.columns = columns;
    this.missing = missing;
    this.firstOnly = firstOnly;
  }

  /**
   * Reads the table.
   *
   * @param ignored columns that may be there besides; null for any
   */
  void read(Source source, @Nullable Set<String> ignored) {
    List<String> names = columns.all();
    for (Part part : source.parts()) {
      Source.checkHas(part, List.of(columns.id()), "tells trajectories apart");
      Source.checkHas(part, List.of(columns.time()), "is the time of trajectories");
      Source.checkHas(part, columns.labels(), "the source data had");
      Source.checkHas(part, columns.actions(), "is an action");
      if (ignored != null) {
        Set<String> known = new LinkedHashSet<>(names);
        known.addAll(ignored);
        Source.checkHasOnly(part, known, "the source data did not have");
      }
    }
    source.checkRows();
    for (Part part : source.parts()) {
      List<Part.Request> requests = new ArrayList<>(List.of(Source.request(part, names.get(0), true)));
      names.subList(1, names.size()).forEach(name -> requests.add(Source.request(part, name, false)));
      try (Cursor cursor = source.open(part, requests)) {
        while (cursor.nextBlock()) {
          while (cursor.next()) {
            take(part, cursor);
            tableRow++;
          }
        }
      }
    }
  }

  private void take(Part part, Cursor cursor) {
    if (cursor.isMissing(0) || cursor.isMissing(1)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: the value is missing, and a row without it belongs nowhere; fill it in or remove"
                  + " the row",
              part.at(cursor.row(), cursor.isMissing(0) ? columns.id() : columns.time())));
    }
    String name = String.valueOf(cursor.text(0));
    Trajectory trajectory = found.get(name);
    boolean needed = !firstOnly || trajectory == null;
    List<String> states = columns.labels();
    double[] state = new double[states.size()];
    for (int i = 0; i < state.length; i++) {
      if (cursor.isMissing(2 + i)) {
        if (needed && missing == Missing.DROP && columns.actions().isEmpty()) {
          dropped.set(tableRow);
          return;
        }
        if (needed) {
          // Without the row, what was done before it would seem to have lasted.
          String otherwise = columns.actions().isEmpty() ? ", or have such rows left out (drop)" : "; left out, it would take its action with it";
          throw new DataException(
              String.format(Locale.ROOT, "%s: the state is missing; fill it in%s", part.at(cursor.row(), states.get(i)), otherwise), "missing");
        }
        state[i] = Double.NaN;
      } else {
        state[i] = number(part, cursor, 2 + i, states.get(i));
      }
    }
    double at = number(part, cursor, 1, columns.time());
    if (trajectory == null) {
      trajectory =
          new Trajectory(name, String.format(Locale.ROOT, "%s, row %d", part.name(), cursor.row()));
      found.put(name, trajectory);
    } else {
      double before = trajectory.times.get(trajectory.size() - 1);
      if (!(at > before)) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s: the time is %s, not after the %s before it in trajectory %s; sort the rows by"
                    + " time, one row a time",
                part.at(cursor.row(), columns.time()),
                at,
                before,
                Messages.value(name)));
      }
      if (trajectory.unknownAction != null) {
        throw new DataException(
            String.format(Locale.ROOT, "%s: what is done until the next time is missing; fill it in", trajectory.unknownAction));
      }
    }
    trajectory.times.add(at);
    trajectory.states.add(state);
    trajectory.actions.add(actions(part, cursor, 2 + state.length, trajectory));
    trajectory.rows.add(tableRow);
  }

  private double[] actions(Part part, Cursor cursor, int from, Trajectory trajectory) {
    double[] actions = new double[columns.actions().size()];
    for (int i = 0; i < actions.length; i++) {
      String name = columns.actions().get(i);
      boolean known = !cursor.isMissing(from + i);
      actions[i] = known ? number(part, cursor, from + i, name) : Double.NaN;
      if (!known) {
        trajectory.unknownAction = part.at(cursor.row(), name);
      }
    }
    return actions;
  }

  private static double number(Part part, Cursor cursor, int cell, String column) {
    String text = cursor.text(cell);
    if (text != null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: %s is not a number; fix it, or leave the column out if it is neither time,"
                  + " state nor action",
              part.at(cursor.row(), column),
              Messages.value(text)));
    }
    Problems.checkNumber(part, cursor.row(), column, cursor.number(cell));
    return cursor.number(cell);
  }

  /** What was found, none of it of one row only. */
  List<Trajectory> trajectories(Data data) {
    List<Trajectory> all = firstStates(data);
    for (Trajectory trajectory : all) {
      if (trajectory.size() < 2) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s: trajectory %s has one row only, so there is nothing that it goes on with;"
                    + " remove it, or give it a second row",
                trajectory.place,
                Messages.value(trajectory.id)));
      }
    }
    return all;
  }

  /** What was found, whether or not it goes on. */
  List<Trajectory> firstStates(Data data) {
    if (found.isEmpty()) {
      throw Problems.allDropped(data, tableRow);
    }
    return List.copyOf(found.values());
  }

  BitSet dropped() {
    return dropped;
  }

  int tableRows() {
    return tableRow;
  }
}
