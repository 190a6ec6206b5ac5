package org.pacnet.internal.table;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.DoubleSummaryStatistics;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.data.Unseen;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.table.TrajectoryReader.Trajectory;

/**
 * Cuts trajectories into pieces to train on, and finds the first states that predictions go out from.
 *
 * <p>Every method reads the table anew and throws {@link DataException} if it cannot be read, lacks
 * a column, or the times of a trajectory don't increase.
 */
public final class TrajectoryEncoder {

  // More rows than a table of results is read with.
  private static final int MOST_PREDICTED = 10_000_000;

  private TrajectoryEncoder() {}

  /** Learns moments, time scale and length of pieces: the segment, or what the shortest trajectory has. */
  public static Encoder.Learned learn(Data data, TrajectoryOptions options, ReadMonitor monitor) {
    try (Source source = Source.open(data, options.missingWords(), monitor)) {
      List<String> labels = new ArrayList<>(states(source, options));
      if (options.reward() != null) {
        labels.add(options.reward());
      }
      TrajectoryReader reader =
          new TrajectoryReader(
              new TrajectoryReader.Columns(options.id(), options.time(), labels, options.actions()), options.missing(), false);
      reader.read(source, options.ignored());
      List<Trajectory> all = reader.trajectories(data);
      Schema schema = schema(all, labels, options);
      return new Encoder.Learned(schema, pieces(data, source, reader, all, schema, false));
    }
  }

  private static List<String> states(Source source, TrajectoryOptions options) {
    Set<String> others = new HashSet<>(options.ignored());
    others.add(options.id());
    others.add(options.time());
    others.addAll(options.actions());
    if (options.reward() != null) {
      others.add(options.reward());
      Source.checkHas(source.parts().get(0), List.of(options.reward()), "is the reward");
    }
    Source.checkHas(source.parts().get(0), options.ignored(), "is to be ignored");
    checkUsed(options);
    for (String state : options.states()) {
      if (others.contains(state)) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "column %s is a state, and also identity, time, action, reward or ignored; decide for one",
                Messages.name(state)),
            "labels");
      }
    }
    Source.checkHas(source.parts().get(0), options.states(), "is given as label");
    if (!options.states().isEmpty()) {
      return options.states();
    }
    List<String> states = source.columns().stream().filter(name -> !others.contains(name)).toList();
    if (states.isEmpty()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: there is no column of a state besides trajectory and time",
              source.parts().get(0).name()));
    }
    return states;
  }

  private static void checkUsed(TrajectoryOptions options) {
    List<String> used = new ArrayList<>(options.actions());
    if (options.reward() != null) {
      used.add(options.reward());
    }
    for (String name : used) {
      if (options.ignored().contains(name)) {
        throw new DataException(
            String.format(Locale.ROOT, "column %s is an action or the reward, and also ignored; decide for one", Messages.name(name)), "ignored");
      }
    }
  }

  // How a column is standardised.
  private static Schema.Label scale(String name, Stream<double[]> values, int column, boolean standardize) {
    Moments moments = new Moments();
    values.forEach(row -> moments.add(row[column]));
    return new Schema.Label(name, standardize ? moments.mean() : 0, standardize ? moments.scale() : 1, moments.range());
  }

  // Of the last time nothing is done that matters.
  private static Stream<double[]> actions(Trajectory trajectory) {
    return trajectory.actions.subList(0, trajectory.size() - 1).stream();
  }

  private static Schema schema(
      List<Trajectory> all, List<String> names, TrajectoryOptions options) {
    List<Schema.Label> labels = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      labels.add(scale(names.get(i), all.stream().flatMap(t -> t.states.stream()), i, options.standardize()));
    }
    List<Schema.Label> actions = new ArrayList<>();
    for (int i = 0; i < options.actions().size(); i++) {
      actions.add(scale(options.actions().get(i), all.stream().flatMap(TrajectoryEncoder::actions), i, options.standardize()));
    }
    int states = names.size() - (options.reward() == null ? 0 : 1);
    double squares = 0;
    long count = 0;
    double longest = 0;
    double shortest = Double.POSITIVE_INFINITY;
    for (Trajectory trajectory : all) {
      for (int k = 1; k < trajectory.size(); k++) {
        double distance = trajectory.times.get(k) - trajectory.times.get(k - 1);
        longest = Math.max(longest, distance);
        shortest = Math.min(shortest, distance);
        for (int i = 0; i < states; i++) {
          double change =
              (trajectory.states.get(k)[i] - trajectory.states.get(k - 1)[i])
                  / labels.get(i).std()
                  / distance;
          squares += change * change;
          count++;
        }
      }
    }
    double speed = Math.sqrt(squares / count);
    boolean scaled = options.standardize() && speed > 0 && Double.isFinite(1 / speed);
    return new Schema(
        List.of(),
        labels,
        List.of(),
        options.missing(),
        options.missingWords(),
        null,
        new Schema.Trajectories(
            options.id(),
            options.time(),
            scaled ? 1 / speed : 1,
            longest,
            shortest,
            Math.min(options.segment(), fewest(all)),
            states,
            actions));
  }

  private static int fewest(List<Trajectory> all) {
    return all.stream().mapToInt(Trajectory::size).min().orElseThrow() - 1;
  }

  /**
   * Pieces to train on by a schema learned before.
   *
   * @param ignored columns that may be there and are not used
   * @param sameSteps whether times must be as far apart as the source's
   * @param shifted whether a fit sees each piece begin up to half a piece earlier or later, anew in each epoch
   * @return the schema with the steps that these have, which are fewer where a trajectory is shorter
   */
  public static Encoder.Learned training(
      Data data, Schema schema, Set<String> ignored, boolean sameSteps, boolean shifted, ReadMonitor monitor) {
    try (Source source = Source.open(data, schema.missingWords(), monitor)) {
      TrajectoryReader reader = reader(schema, false);
      reader.read(source, ignored);
      List<Trajectory> all = reader.trajectories(data);
      if (sameSteps) {
        all.forEach(trajectory -> checkSteps(data, trajectory, parts(schema)));
      }
      Schema own = schema.withSteps(Math.min(parts(schema).steps(), fewest(all)));
      return new Encoder.Learned(own, pieces(data, source, reader, all, own, shifted));
    }
  }

  private static void checkSteps(Data data, Trajectory trajectory, Schema.Trajectories format) {
    for (int k = 1; k < trajectory.size(); k++) {
      if (format.stepsOf(trajectory.times.get(k) - trajectory.times.get(k - 1)) != 1) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s: trajectory %s goes from time %s to %s in one step; the source's were between %s and %s, and latent dynamics learn no others:"
                    + " measure as often, or take --network ode",
                data.name(),
                Messages.value(trajectory.id),
                trajectory.times.get(k - 1),
                trajectory.times.get(k),
                format.shortest(),
                format.interval()),
            "time");
      }
    }
  }

  /** First states, and those that follow to compare predictions with. */
  public static Rollouts evaluation(Data data, Schema schema, ReadMonitor monitor) {
    try (Source source = Source.open(data, schema.missingWords(), monitor)) {
      TrajectoryReader reader = reader(schema, false);
      reader.read(source, null);
      return rollouts(data, source, reader, reader.trajectories(data), schema, true);
    }
  }

  /** First states, and the times to predict: those of the table. */
  public static Rollouts prediction(Data data, Schema schema) {
    try (Source source = Source.open(data, schema.missingWords(), ReadMonitor.NONE)) {
      TrajectoryReader reader = reader(schema, true);
      reader.read(source, null);
      return rollouts(data, source, reader, reader.trajectories(data), schema, false);
    }
  }

  /**
   * A table of the first state of each trajectory, and of the times after it that are to be predicted.
   *
   * @param horizon how long after the first time, in its unit
   * @param every so often
   */
  public static Data horizon(Data data, Schema schema, double horizon, double every) {
    if (!(every > 0 && every <= horizon && Double.isFinite(horizon))) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the horizon must be a time above 0, and what is predicted every so often not above"
                  + " it; not %s and %s",
              horizon,
              every),
          "horizon");
    }
    if (!parts(schema).actions().isEmpty()) {
      throw new DataException(
          "what comes at regular times depends on what is done until then; give a table with a row for each time, and the actions in it", "horizon");
    }
    try (Source source = Source.open(data, schema.missingWords(), ReadMonitor.NONE)) {
      TrajectoryReader reader = reader(schema, true);
      reader.read(source, null);
      List<Trajectory> all = reader.firstStates(data);
      int each = (int) Math.min(MOST_PREDICTED, Math.floor(horizon / every * (1 + 1e-12))) + 1;
      if ((long) each * all.size() > MOST_PREDICTED) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%d trajectories with %d times each are more than %d rows; predict less often",
                all.size(),
                each,
                MOST_PREDICTED),
            "every");
      }
      List<String> names = new ArrayList<>(List.of(parts(schema).id(), parts(schema).time()));
      schema.labels().forEach(label -> names.add(label.name()));
      List<List<@Nullable Object>> rows = new ArrayList<>();
      for (Trajectory trajectory : all) {
        for (int k = 0; k < each; k++) {
          List<@Nullable Object> row =
              new ArrayList<>(List.of(trajectory.id, trajectory.times.get(0) + k * every));
          for (double value : trajectory.states.get(0)) {
            row.add(k == 0 ? value : null);
          }
          rows.add(row);
        }
      }
      return Data.rows(names, rows);
    }
  }

  private static Schema.Trajectories parts(Schema schema) {
    return Objects.requireNonNull(schema.trajectories(), "the schema is not of trajectories");
  }

  private static TrajectoryReader reader(Schema schema, boolean firstOnly) {
    List<String> labels = schema.labels().stream().map(Schema.Label::name).toList();
    List<String> actions = parts(schema).actions().stream().map(Schema.Label::name).toList();
    return new TrajectoryReader(
        new TrajectoryReader.Columns(parts(schema).id(), parts(schema).time(), labels, actions), schema.missing(), firstOnly);
  }

  private static FloatBuffer floats(Data data, long rows, int width) {
    long bytes = rows * width * Float.BYTES;
    if (bytes > Integer.MAX_VALUE) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: %d pieces of trajectories with %d numbers are more than the 2 GiB that fit; use"
                  + " fewer, or a shorter segment",
              data.name(),
              rows,
              width),
          "segment");
    }
    return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  // One behind the other, each beginning where the one before ends; where that does not go up, the last
  // begins earlier, so that every row is there.
  private static EncodedData pieces(
      Data data, Source source, TrajectoryReader reader, List<Trajectory> all, Schema schema, boolean shifted) {
    int steps = parts(schema).steps();
    int count = 0;
    for (Trajectory trajectory : all) {
      count = Math.addExact(count, (trajectory.size() - 2) / steps + 1);
    }
    FloatBuffer features = floats(data, count, schema.inputWidth());
    FloatBuffer labels = floats(data, count, schema.outputWidth());
    Pieces pieces = new Pieces(all, schema, new int[count], new int[count]);
    // What one trajectory is off by all its pieces share; of a single one, what comes later is asked of what was before it.
    int[] together = new int[count];
    boolean byTime = all.size() == 1;
    int piece = 0;
    for (int which = 0; which < all.size(); which++) {
      Trajectory trajectory = all.get(which);
      int last = trajectory.size() - 1 - steps;
      for (int start = 0; start < last + steps; start += steps) {
        pieces.of[piece] = which;
        pieces.from[piece] = Math.min(start, last);
        pieces.write(piece, 0, features, labels);
        together[piece] = byTime ? piece : which;
        piece++;
      }
    }
    int used = reader.tableRows() - reader.dropped().cardinality();
    EncodedTable table =
        new EncodedTable(
                count,
                features.flip(),
                labels.flip(),
                new BitSet(), // rows are not the table's
                source.provenance(used, reader.dropped().cardinality(), unseen(all, schema)))
            .withGroups(together, byTime);
    // Of a single one never later: what comes then may be what it will be asked of.
    return shifted ? table.withTraining(seed -> pieces.shifted(seed, !byTime)) : table;
  }

  // Which trajectory a piece is of, and the row of it that it begins at.
  private record Pieces(List<Trajectory> all, Schema schema, int[] of, int[] from) {

    // From another row, as far as the trajectory goes.
    void write(int piece, int shift, FloatBuffer features, FloatBuffer labels) {
      Trajectory trajectory = all.get(of[piece]);
      int steps = parts(schema).steps();
      double scale = parts(schema).timeScale();
      int begin = Math.max(0, Math.min(trajectory.size() - 1 - steps, from[piece] + shift));
      put(trajectory, begin, schema.labels().subList(0, parts(schema).states()), features);
      features.put((float) (trajectory.times.get(begin) / scale));
      for (int k = begin + 1; k <= begin + steps; k++) {
        features.put((float) ((trajectory.times.get(k) - trajectory.times.get(k - 1)) / scale));
        put(trajectory, k, schema.labels(), labels);
      }
      for (int k = begin; k < begin + steps; k++) {
        put(trajectory, trajectory.actions.get(k), k, parts(schema).actions(), features);
      }
    }

    RowFeed shifted(long seed, boolean later) {
      int most = (parts(schema).steps() + 1) / 2;
      int end = later ? most + 1 : 1;
      return new RowByRowFeed() {
        @Override
        protected void write(long epoch, int row, FloatBuffer x, FloatBuffer y) {
          int shift = epoch == 0 ? 0 : EpochRandom.of(seed, epoch, row).nextInt(-most, end);
          Pieces.this.write(row, shift, x, y);
        }
      };
    }
  }

  private static List<Unseen> unseen(List<Trajectory> all, Schema schema) {
    List<Unseen> found = new ArrayList<>();
    for (int i = 0; i < schema.labels().size(); i++) {
      addUnseen(found, schema.labels().get(i), all.stream().flatMap(t -> t.states.stream()), i);
    }
    for (int i = 0; i < parts(schema).actions().size(); i++) {
      addUnseen(found, parts(schema).actions().get(i), all.stream().flatMap(TrajectoryEncoder::actions), i);
    }
    return found;
  }

  private static void addUnseen(List<Unseen> found, Schema.Label label, Stream<double[]> values, int column) {
    DoubleSummaryStatistics range = values.mapToDouble(row -> row[column]).summaryStatistics();
    Unseen unseen = Moments.unseen(label.name(), label.range(), range.getMin(), range.getMax());
    if (unseen != null) {
      found.add(unseen);
    }
  }

  // As many of the labels as are named.
  private static void put(Trajectory trajectory, int row, List<Schema.Label> labels, FloatBuffer to) {
    put(trajectory, trajectory.states.get(row), row, labels, to);
  }

  private static void put(Trajectory trajectory, double[] values, int row, List<Schema.Label> columns, FloatBuffer to) {
    for (int i = 0; i < columns.size(); i++) {
      Schema.Label label = columns.get(i);
      float scaled = (float) ((values[i] - label.mean()) / label.std());
      if (Float.isInfinite(scaled)) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "trajectory %s, time %s: %s = %s is too far from all that the source had",
                Messages.value(trajectory.id),
                trajectory.times.get(row),
                Messages.name(label.name()),
                values[i]));
      }
      to.put(scaled);
    }
  }

  private static Rollouts rollouts(
      Data data,
      Source source,
      TrajectoryReader reader,
      List<Trajectory> all,
      Schema schema,
      boolean labelled) {
    int width = schema.labels().size();
    List<Rollouts.Course> courses = new ArrayList<>();
    int[] place = new int[reader.tableRows()];
    int rows = 0;
    for (Trajectory trajectory : all) {
      // The first is given: nobody is praised for it.
      for (int row : trajectory.rows.subList(labelled ? 1 : 0, trajectory.size())) {
        place[row] = 1;
        rows++;
      }
    }
    int next = 0;
    for (int row = 0; row < place.length; row++) {
      place[row] = place[row] == 0 ? -1 : next++;
    }
    FloatBuffer labels = floats(data, labelled ? rows : 0, width);
    for (Trajectory trajectory : all) {
      FloatBuffer first = FloatBuffer.allocate(width);
      put(trajectory, 0, schema.labels(), first);
      int known = trajectory.size() - 1;
      FloatBuffer actions = FloatBuffer.allocate(known * parts(schema).actions().size());
      for (int k = 0; k < known; k++) {
        put(trajectory, trajectory.actions.get(k), k, parts(schema).actions(), actions);
      }
      int[] places = trajectory.rows.stream().mapToInt(row -> place[row]).toArray();
      for (int k = 1; labelled && k < places.length; k++) {
        put(trajectory, k, schema.labels(), labels.position(places[k] * width));
      }
      courses.add(
          new Rollouts.Course(
              trajectory.id,
              trajectory.times.stream().mapToDouble(Double::doubleValue).toArray(),
              first.array(),
              actions.array(),
              places));
    }
    return new Rollouts(
        courses,
        rows,
        labels.rewind(),
        reader.dropped(),
        source.provenance(rows, reader.dropped().cardinality(), unseen(all, schema)));
  }
}
