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

  /** One of them: its times increase, and there is a state for each. */
  static final class Trajectory {
    final String id;
    // Where it was begun, for messages.
    final String place;
    final List<Double> times = new ArrayList<>();
    final List<double[]> states = new ArrayList<>();
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

  private final String id;
  private final String time;
  private final List<String> states;
  private final Missing missing;
  // Of what is to be predicted only the first state is needed: the others are NaN where they are missing.
  private final boolean firstOnly;
  private final Map<String, Trajectory> found = new LinkedHashMap<>();
  private final BitSet dropped = new BitSet();
  private int tableRow;

  TrajectoryReader(
      String id, String time, List<String> states, Missing missing, boolean firstOnly) {
    this.id = id;
    this.time = time;
    this.states = states;
    this.missing = missing;
    this.firstOnly = firstOnly;
  }

  /**
   * Reads the table.
   *
   * @param ignored columns that may be there besides; null for any
   */
  void read(Source source, @Nullable Set<String> ignored) {
    List<String> columns = new ArrayList<>(List.of(id, time));
    columns.addAll(states);
    for (Part part : source.parts()) {
      Source.checkHas(part, List.of(id), "tells trajectories apart");
      Source.checkHas(part, List.of(time), "is the time of trajectories");
      Source.checkHas(part, states, "the source data had");
      if (ignored != null) {
        Set<String> known = new LinkedHashSet<>(columns);
        known.addAll(ignored);
        Source.checkHasOnly(part, known, "the source data did not have");
      }
    }
    source.checkRows();
    for (Part part : source.parts()) {
      List<Part.Request> requests = new ArrayList<>(List.of(Source.request(part, id, true)));
      columns.subList(1, columns.size()).forEach(name -> requests.add(Source.request(part, name, false)));
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
              part.at(cursor.row(), cursor.isMissing(0) ? id : time)));
    }
    String name = String.valueOf(cursor.text(0));
    Trajectory trajectory = found.get(name);
    boolean needed = !firstOnly || trajectory == null;
    double[] state = new double[states.size()];
    for (int i = 0; i < state.length; i++) {
      if (cursor.isMissing(2 + i)) {
        if (needed && missing == Missing.DROP) {
          dropped.set(tableRow);
          return;
        }
        if (needed) {
          throw new DataException(
              String.format(
                  Locale.ROOT,
                  "%s: the state is missing; fill it in, or have such rows left out (drop)",
                  part.at(cursor.row(), states.get(i))),
              "missing");
        }
        state[i] = Double.NaN;
      } else {
        state[i] = number(part, cursor, 2 + i, states.get(i));
      }
    }
    double at = number(part, cursor, 1, time);
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
                part.at(cursor.row(), time),
                at,
                before,
                Messages.value(name)));
      }
    }
    trajectory.times.add(at);
    trajectory.states.add(state);
    trajectory.rows.add(tableRow);
  }

  private static double number(Part part, Cursor cursor, int cell, String column) {
    String text = cursor.text(cell);
    if (text != null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: %s is not a number; fix it, or leave the column out if it is neither time nor"
                  + " state",
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
