package org.pacnet.internal.learn;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Augmentation;
import org.pacnet.config.LatentDynamics;
import org.pacnet.config.NetworkSpec;
import org.pacnet.config.TrajectoryNetwork;
import org.pacnet.config.Pinn;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.image.ImageEncoder;
import org.pacnet.internal.table.DataOptions;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.Encoder;
import org.pacnet.internal.table.FoldColumn;
import org.pacnet.internal.table.OwnInputs;
import org.pacnet.internal.table.SideColumns;
import org.pacnet.internal.table.TrajectoryEncoder;
import org.pacnet.internal.table.TrajectoryOptions;

/** Reads data of either kind, a table or images, as a model's phases and questions want it. */
public final class Rows {

  private Rows() {}

  public static Encoder.Learned learn(Data data, TransferConfig config, ReadMonitor monitor) {
    boolean table = !(data instanceof Data.Images || config.network() instanceof TrajectoryNetwork);
    if (!table && !(config.columns().categorical().isEmpty() && config.columns().dates().isEmpty())) {
      throw new DataException(
          data.name() + ": neither images nor trajectories have categories or dates among their inputs; name none", "categorical", "date");
    }
    checkWeights(data, config, table);
    if (data instanceof Data.Images images) {
      if (config.objective().task() != Task.CLASSIFICATION) {
        throw new DataException("images are classified; take the task classification", "task");
      }
      ImageEncoder.Learned learned =
          ImageEncoder.learn(
              images, config.columns().labels().get(0), config.images(), monitor);
      return new Encoder.Learned(learned.schema(), learned.rows());
    }
    if (config.network() instanceof TrajectoryNetwork network) {
      return TrajectoryEncoder.learn(
          data,
          new TrajectoryOptions(
              network.trajectory(),
              network.time(),
              config.columns().labels(),
              network.actions(),
              network.reward(),
              Set.copyOf(config.columns().ignored()),
              config.columns().missing(),
              config.columns().missingWords(),
              config.columns().standardizeInputs(),
              network.segment()),
          monitor);
    }
    DataOptions options =
        new DataOptions(
            config.columns().labels(),
            config.objective().task() == Task.CLASSIFICATION,
            Set.copyOf(config.columns().categorical()),
            Set.copyOf(config.columns().dates()),
            Set.copyOf(config.columns().ignored()),
            config.columns().missing(),
            config.columns().missingWords(),
            config.columns().standardizeInputs(),
            config.columns().standardizeLabels());
    Encoder.Learned learned = Encoder.learn(data, options, SideColumns.of(config), monitor);
    checkPoints(config.network(), learned.schema(), learned.rows(), data.name());
    return data instanceof Data.Several several
        ? new Encoder.Learned(learned.schema(), Sources.together(several, learned.schema(), learned.rows(), config, monitor))
        : learned;
  }

  /** Rows of the source, or of a target with classes of its own, by exactly this schema. */
  public static EncodedData training(
      Data data, Schema schema, TransferConfig settings, ReadMonitor monitor) {
    Encoder.Learned read = target(data, schema, null, asSource(settings), monitor);
    if (data instanceof Data.Several several) {
      return Sources.together(several, schema, read.rows(), asSource(settings), monitor);
    }
    if (!read.schema().equals(schema)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: a trajectory has %d rows only, and pieces of the source have %d; leave it out",
              data.name(),
              steps(read.schema()) + 1,
              steps(schema) + 1));
    }
    return read.rows();
  }

  // The source may have the column that rows are held out by too, and nobody asks what it says there.
  private static TransferConfig asSource(TransferConfig settings) {
    FoldColumn fold = FoldColumn.of(settings.calibrate());
    if (fold == null && settings.calibrate().extra().isEmpty() && !settings.calibrate().timeShift()) {
      return settings;
    }
    Set<String> ignored = new TreeSet<>(settings.columns().ignored());
    if (fold != null) {
      ignored.add(fold.name());
    }
    return settings.toBuilder()
        .columns(c -> c.ignored(ignored.toArray(String[]::new)))
        .calibrate(c -> c.foldBy(null).foldTime(null).extra().timeShift(false))
        .build();
  }

  /**
   * The same of a target, whose trajectories may be shorter: then the schema has fewer steps.
   *
   * @param classes the schema that goes with the classes that occur; null for the one that is given
   */
  static Encoder.Learned target(
      Data data,
      Schema schema,
      @Nullable Function<List<String>, Schema> classes,
      TransferConfig settings,
      ReadMonitor monitor) {
    SideColumns side = SideColumns.of(settings);
    FoldColumn fold = side.fold();
    if (fold != null && (data instanceof Data.Images || schema.trajectories() != null)) {
      throw new DataException(
          data.name() + ": how rows are held out is told by a column in tables of inputs and labels only", fold.setting());
    }
    boolean plain = !(data instanceof Data.Images || schema.trajectories() != null);
    checkWeights(data, settings, plain);
    if (settings.calibrate().timeShift() && schema.trajectories() == null) {
      throw new DataException(data.name() + ": trajectories alone are shifted in time", "timeShift");
    }
    List<String> extra = settings.calibrate().extra();
    if (!extra.isEmpty() && (!plain || settings.network() instanceof Pinn)) {
      throw new DataException(data.name() + ": tables of inputs and labels alone have columns that the source does not have", "extra");
    }
    if (data instanceof Data.Images images) {
      Schema own = classes == null ? schema : classes.apply(ImageEncoder.classes(images, schema));
      return new Encoder.Learned(
          own, ImageEncoder.training(images, own, settings.images().augment(), monitor));
    }
    Data table = table(data, schema);
    Set<String> ignored = Set.copyOf(settings.columns().ignored());
    if (schema.trajectories() != null) {
      boolean sameSteps = settings.network() instanceof LatentDynamics;
      return TrajectoryEncoder.training(table, schema, ignored, sameSteps, settings.calibrate().timeShift(), monitor);
    }
    Encoder.Learned read = Encoder.target(table, schema, classes, OwnInputs.of(settings), side, ignored, monitor);
    checkPoints(settings.network(), schema, read.rows(), data.name());
    return read;
  }

  private static void checkWeights(Data data, TransferConfig settings, boolean table) {
    if (settings.columns().weight() != null && (!table || settings.network() instanceof Pinn)) {
      throw new DataException(
          data.name() + ": how much rows count is told by a column in tables of inputs and labels only", "weight");
    }
  }

  private static void checkPoints(NetworkSpec network, Schema schema, EncodedData rows, String name) {
    if (network instanceof Pinn pinn) {
      EquationPoints.check(pinn, schema, rows, name);
    }
  }

  private static int steps(Schema schema) {
    return Objects.requireNonNull(schema.trajectories()).steps();
  }

  public static EncodedData evaluation(
      Data data, Schema schema, NetworkSpec network, ReadMonitor monitor) {
    return evaluation(data, schema, network, Set.of(), monitor);
  }

  private static EncodedData evaluation(
      Data data, Schema schema, NetworkSpec network, Set<Augmentation> augment, ReadMonitor monitor) {
    if (schema.trajectories() != null) {
      return TrajectoryEncoder.evaluation(table(data, schema), schema, monitor);
    }
    if (data instanceof Data.Images images) {
      return ImageEncoder.evaluation(images, schema, augment, monitor);
    }
    EncodedData rows = Encoder.evaluation(table(data, schema), schema, monitor);
    checkPoints(network, schema, rows, data.name());
    return rows;
  }

  public static EncodedData prediction(Data data, Schema schema, NetworkSpec network) {
    return prediction(data, schema, network, Set.of());
  }

  /**
   * The same, as rows to learn from too.
   *
   * @param augment what a fit then sees done to images
   */
  public static EncodedData prediction(Data data, Schema schema, NetworkSpec network, Set<Augmentation> augment) {
    if (schema.trajectories() != null) {
      return TrajectoryEncoder.prediction(table(data, schema), schema);
    }
    if (data instanceof Data.Images images) {
      return ImageEncoder.prediction(images, schema, augment, ReadMonitor.NONE);
    }
    EncodedData rows = Encoder.prediction(table(data, schema), schema);
    checkPoints(network, schema, rows, data.name());
    return rows;
  }

  /**
   * The same two, as rows that {@link EncodedData#training} changes as a target's were changed when it was trained.
   *
   * @param labelled whether they are to be evaluated
   * @param how the target's settings
   */
  public static EncodedData changing(Data data, Schema schema, TransferConfig how, boolean labelled) {
    Set<Augmentation> augment = schema.image() == null ? Set.of() : how.images().augment();
    if (augment.isEmpty() && how.calibrate().jitter().isEmpty()) {
      throw new DataException(
          "nothing changed the rows that this target was trained on, so there are no changed copies to average over: calibrate it with jitter, or"
              + " train a model of images with augmentation",
          "augmentTest");
    }
    EncodedData rows =
        labelled
            ? evaluation(data, schema, how.network(), augment, ReadMonitor.NONE)
            : prediction(data, schema, how.network(), augment);
    return JitteredRows.of(rows, schema, how.calibrate().jitter());
  }

  private static Data table(Data data, Schema schema) {
    if (schema.image() != null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s is a table, but the model was trained on images; give a folder",
              data.name()));
    }
    return data;
  }
}
