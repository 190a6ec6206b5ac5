package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Loss;
import org.pacnet.config.Method;
import org.pacnet.config.NetworkSpec;
import org.pacnet.config.Perceptron;
import org.pacnet.config.PruningScope;
import org.pacnet.config.Schedule;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Provenance;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Softmax;
import org.pacnet.internal.correction.SourceSample;
import org.pacnet.internal.engine.FitOutcome;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.NativeNetwork;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.result.Metrics;
import org.pacnet.result.Monitor;
import org.pacnet.result.Phase;
import org.pacnet.result.PhaseReport;

/**
 * A small network that says what a target says: it follows the features that the target's base has, through a linear map of its own that is dropped
 * afterwards, and its outputs, the former less and less (after Xu et al., "Towards Efficient Task-Driven Model Reprogramming with Foundation Models",
 * arXiv 2304.02263), on rows that are there and rows like them.
 */
public final class Distiller {

  private static final int ROWS = 10_000;
  private static final int STAGES = 10;
  private static final int EPOCHS_EACH = 10;
  // Of fewer rows than are made of a table's, more epochs, until so many rows have gone by.
  private static final int ROWS_EACH = 20_000;
  // Of the loss of the features beside that of the outputs, to begin with.
  private static final double PROXY = 0.1;
  private static final int LEFT_OUT = 10;
  private static final int FEWEST_LEFT_OUT = 20;

  private final Phases teacher;
  private final ModelState from;
  private final TargetModel target;
  private final Schema schema;

  /**
   * What was learnt.
   *
   * @param rows that the teacher was asked of and the student learnt from
   * @param alike how the student meets what the teacher says of rows that it did not learn from; null where there are too few
   */
  public record Learned(
      Phases phases, ModelState state, int rows, @Nullable Metrics alike, long teacherNumbers, double teacherSeconds, double studentSeconds) {}

  public Distiller(Phases teacher, ModelState from, TargetModel target) {
    this.teacher = teacher;
    this.from = from;
    this.target = target;
    schema = teacher.schemaOf(target);
    if (schema.image() == null && !Phases.predictsLabels(teacher.config(), schema)) {
      throw new DataException("a smaller network is learnt of targets in tables of inputs and labels (the network mlp), and of images", "model");
    }
    if (!target.inputs().isEmpty()) {
      throw new DataException("the target '" + target.name() + "' has columns that the source does not have: a smaller network can't be learnt of it", "name");
    }
  }

  /** The schema that rows to learn from are read by. */
  public Schema schema() {
    return schema;
  }

  /**
   * Learns it.
   *
   * @param network a perceptron, or of images one for images
   * @param rows of the target's inputs, besides those of the source that the model keeps; null for none
   */
  public Learned run(NetworkSpec network, @Nullable EncodedData rows, Monitor monitor) {
    boolean images = schema.image() != null;
    if (images == network instanceof Perceptron) {
      throw new DataException("a smaller network is a perceptron for tables, and of images one for images", "student");
    }
    EncodedData known = images ? pictures(rows) : known(rows);
    int[] all = IntStream.range(0, known.rows()).toArray();
    boolean some = known.rows() >= FEWEST_LEFT_OUT;
    EncodedData inside = some ? new Subset(known, Arrays.stream(all).filter(r -> r % LEFT_OUT != 0).toArray()) : known;
    EncodedData asked = images ? inside : withMore(inside);
    long begun = System.nanoTime();
    float[] said = said(asked);
    double teacherSeconds = (System.nanoTime() - begun) / 1e9;
    EncodedData learning = new AnsweredRows(asked, labels(said));
    TransferConfig config =
        teacher.config().toBuilder().network(network).source(f -> f.epochs(STAGES * epochs(asked.rows()))).build();
    Phases student = new Phases(schema, config);
    begun = System.nanoTime();
    List<Double> losses = new ArrayList<>();
    float[] weights = fit(student, learning, said, losses, monitor);
    double seconds = (System.nanoTime() - begun) / 1e9;
    begun = System.nanoTime();
    float[] outputs = student.outputs(schema, weights, learning);
    double studentSeconds = (System.nanoTime() - begun) / 1e9;
    PhaseReport report =
        new PhaseReport(
            Phase.TRAIN, losses.size(), losses.size(), losses, List.of(), seconds, null, Measure.brief(schema, learning, outputs),
            provenance(asked.rows()), null, null, config.compute().threads());
    Metrics alike = null;
    if (some) {
      EncodedData outside = new Subset(known, Arrays.stream(all).filter(r -> r % LEFT_OUT == 0).toArray());
      EncodedData asking = new AnsweredRows(outside, labels(said(outside)));
      alike = Measure.brief(schema, asking, student.outputs(schema, weights, asking));
    }
    ModelState state = complete(student, weights, learning, report);
    return new Learned(student, state, asked.rows(), alike, numbers(), teacherSeconds, studentSeconds);
  }

  // With a base of which nothing is pruned, and the target on it: so whatever asked the teacher asks the student.
  private ModelState complete(Phases student, float[] weights, EncodedData rows, PhaseReport report) {
    List<TensorInfo> tensors = student.tensorsOf(schema);
    MaskBits all = new MaskBits(tensors, tensors.stream().map(tensor -> MaskBits.allKept(tensor.size())).toList());
    TransferConfig untouched = student.config().toBuilder().method(Method.UNTOUCHED).build();
    PhaseReport none =
        new PhaseReport(
            Phase.CALIBRATE, 0, 0, List.of(), List.of(), 0, report.after(), report.after(), report.data(), null, null, report.threads());
    return student
        .knowing(weights, rows)
        .withPhase(report)
        .withPruning(new ModelState.Pruning(0, PruningScope.GLOBAL, List.of(), all))
        .withBase(weights)
        .withTarget(new TargetModel(target.name(), untouched, null, List.of(), List.of(), null, null, null, none));
  }

  private Provenance provenance(int rows) {
    return new Provenance("what the target " + target.name() + " says of rows like its own", rows, 0, "", List.of());
  }

  private EncodedData pictures(@Nullable EncodedData rows) {
    if (rows == null || rows.rows() < 2) {
      throw new DataException("a model keeps no images: name some of the target's, two or more; their classes are not needed", "rows");
    }
    return rows;
  }

  private EncodedData known(@Nullable EncodedData rows) {
    int width = schema.inputWidth();
    SourceSample sample = from.sample();
    FloatBuffer own = rows == null ? null : Objects.requireNonNull(rows.features());
    int floats = (own == null ? 0 : own.remaining()) + (sample == null ? 0 : sample.features().length);
    if (floats < 2 * width) {
      throw new DataException("the model keeps no rows of the source: name rows of the target's inputs, two or more; labels are not needed", "rows");
    }
    FloatBuffer known = Phases.direct(floats);
    if (own != null) {
      known.put(own);
    }
    if (sample != null) {
      known.put(sample.features());
    }
    return silent(known.flip(), floats / width);
  }

  // Rows like them, until there are enough.
  private EncodedData withMore(EncodedData known) {
    int more = Math.max(0, ROWS - known.rows());
    FloatBuffer features = Objects.requireNonNull(known.features());
    FloatBuffer all = PseudoRows.more(features, known.rows(), schema.inputs(), more, teacher.config().seed());
    return silent(all, known.rows() + more);
  }

  // What the target says of rows, as the network has it: [rows, outputs].
  private float[] said(EncodedData rows) {
    return teacher.outputs(from, target, rows).outputs();
  }

  // Rows of which nothing is said yet.
  private MadeRows silent(FloatBuffer features, int rows) {
    return MadeRows.of(provenance(rows), rows, features, FloatBuffer.allocate(0));
  }

  // The same as labels: of classes the most probable one.
  private FloatBuffer labels(float[] said) {
    if (!schema.classification()) {
      return Phases.direct(said.length).put(said).flip();
    }
    int classes = schema.outputWidth();
    FloatBuffer labels = Phases.direct(said.length / classes);
    for (int r = 0; r < said.length / classes; r++) {
      labels.put(Softmax.mostProbable(Softmax.of(said, r * classes, classes)));
    }
    return labels.flip();
  }

  private float[] fit(Phases student, EncodedData rows, float[] said, List<Double> losses, Monitor monitor) {
    int width = schema.outputWidth();
    List<float[]> own = teacher.weights(from, target);
    // Of several networks the base's features, which they share.
    float[] features = teacher.features(own.size() == 1 && target.classes() == null ? own.get(0) : from.requireBase(), rows);
    Columns outputs = Columns.of(said, width, schema.classification());
    int more = features.length / rows.rows();
    Columns proxies = Columns.of(features, more, false);
    try (NativeNetwork network = student.network(schema, more);
        NativeNetwork alone = student.network(schema, 0)) {
      network.initialize(student.config().seed());
      List<TensorInfo> tensors = network.tensors();
      TensorInfo head = tensors.get(tensors.size() - 2);
      TensorInfo bias = tensors.get(tensors.size() - 1);
      double before = 1;
      for (int stage = 0; stage < STAGES; stage++) {
        double share = PROXY * (1 - (double) stage / (STAGES - 1));
        double scale = Math.sqrt(share * width / more);
        float[] weights = network.parameters();
        scale(weights, head, width, scale / before);
        scale(weights, bias, width, scale / before);
        network.setParameters(weights);
        before = scale;
        TransferConfig how = stage(student.config(), stage, epochs(rows.rows()));
        FloatBuffer labels = joined(outputs, proxies, scale, rows.rows());
        EncodedData both = new AnsweredRows(rows, labels);
        FitOutcome outcome = student.fit(network, Phase.TRAIN, how, FitRange.all(tensors), both, monitor);
        losses.addAll(outcome.trainLosses());
      }
      float[] learnt = Heads.first(network.parameters(), tensors, alone.tensors());
      outputs.undo(learnt, alone.tensors());
      return learnt;
    }
  }

  private static int epochs(int rows) {
    return Math.max(EPOCHS_EACH, Math.min(ROWS_EACH / rows, 10 * EPOCHS_EACH));
  }

  // A cosine's steps in the place of it, as each stage is a fit of its own.
  private static TransferConfig stage(TransferConfig config, int stage, int epochs) {
    double rate = config.source().learningRate() * (1 + Math.cos(Math.PI * stage / STAGES)) / 2;
    return config.toBuilder()
        .objective(o -> o.task(Task.REGRESSION).loss(Loss.MSE).balanced(false))
        .source(f -> f.epochs(epochs).learningRate(rate).schedule(Schedule.CONSTANT))
        .seed(config.seed() + stage)
        .build();
  }

  // Rows of the head behind those of the outputs.
  private static void scale(float[] weights, TensorInfo tensor, int width, double by) {
    int each = Math.toIntExact(tensor.size() / tensor.shape().get(0));
    for (int i = width * each; i < tensor.size(); i++) {
      weights[tensor.offset() + i] *= (float) by;
    }
  }

  private static FloatBuffer joined(Columns outputs, Columns proxies, double scale, int rows) {
    FloatBuffer all = Phases.direct(rows * (outputs.count + proxies.count));
    for (int r = 0; r < rows; r++) {
      all.put(outputs.values, r * outputs.count, outputs.count);
      for (int c = 0; c < proxies.count; c++) {
        all.put((float) (scale * proxies.values[r * proxies.count + c]));
      }
    }
    return all.flip();
  }

  // All numbers that a target's answer is made of.
  private long numbers() {
    long networks = (long) Math.max(1, target.networks().size()) * teacher.parameterCount();
    long behind =
        target.correction() == null ? 0 : target.correction().entries().values().stream().mapToLong(entry -> entry.data().capacity() / Float.BYTES).sum();
    return networks + behind;
  }

  /** Values with mean 0 and deviation 1 in each column, or one deviation for all. */
  private record Columns(float[] values, int count, double[] mean, double[] deviation) {

    static Columns of(float[] values, int count, boolean logits) {
      int rows = values.length / count;
      float[] scaled = values.clone();
      if (logits) {
        // What all classes have in common says nothing.
        for (int r = 0; r < rows; r++) {
          double average = 0;
          for (int c = 0; c < count; c++) {
            average += (double) values[r * count + c] / count;
          }
          for (int c = 0; c < count; c++) {
            scaled[r * count + c] -= (float) average;
          }
        }
      }
      double[] mean = new double[count];
      double[] deviation = new double[count];
      for (int i = 0; i < scaled.length; i++) {
        mean[i % count] += (double) scaled[i] / rows;
      }
      for (int i = 0; i < scaled.length; i++) {
        double off = scaled[i] - mean[i % count];
        deviation[i % count] += off * off / rows;
      }
      double all = Arrays.stream(deviation).average().orElseThrow();
      for (int c = 0; c < count; c++) {
        double own = Math.sqrt(logits ? all : deviation[c]);
        deviation[c] = own > 1e-6 ? own : 1;
      }
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] = (float) ((scaled[i] - mean[i % count]) / deviation[i % count]);
      }
      return new Columns(scaled, count, mean, deviation);
    }

    // The head says the values as they were.
    void undo(float[] weights, List<TensorInfo> tensors) {
      TensorInfo head = tensors.get(tensors.size() - 2);
      TensorInfo bias = tensors.get(tensors.size() - 1);
      int each = head.size() / count;
      for (int c = 0; c < count; c++) {
        for (int j = 0; j < each; j++) {
          weights[head.offset() + c * each + j] *= (float) deviation[c];
        }
        weights[bias.offset() + c] = (float) (weights[bias.offset() + c] * deviation[c] + mean[c]);
      }
    }
  }
}
