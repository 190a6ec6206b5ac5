package org.pacnet;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.core.FitOutcome;
import org.pacnet.core.FitRange;
import org.pacnet.core.MaskBits;
import org.pacnet.core.NativeNetwork;
import org.pacnet.core.TensorInfo;
import org.pacnet.data.EncodedData;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.method.Method;
import org.pacnet.method.Method.Need;
import org.pacnet.method.Situation;

/** One target's learning, by whatever method. */
final class Calibration implements Situation, AutoCloseable {

  private final Phases phases;
  private final ModelState from;
  private final Phases.TargetRows target;
  private final @Nullable EncodedData source;
  private final TransferConfig settings;
  private final Monitor monitor;
  private final OwnTensors own;
  private final NativeNetwork network;
  // Where the method keeps the source's outputs beside the target's own; otherwise the same.
  private final NativeNetwork fitted;
  private float[] start = new float[0];

  /**
   * @param source the source's rows, for methods that need them
   */
  Calibration(
      Phases phases,
      ModelState from,
      Phases.TargetRows target,
      @Nullable EncodedData source,
      TransferConfig settings,
      Monitor monitor) {
    this.phases = phases;
    this.from = from;
    this.target = target;
    this.source = source;
    this.settings = settings;
    this.monitor = monitor;
    own = OwnTensors.of(settings, target.ownHead());
    network = phases.network(target.schema(), 0);
    boolean both = settings.method().keepsSourceOutputs() && own.head();
    fitted = both ? phases.network(target.schema(), phases.schema().outputWidth()) : network;
    checkNeeds();
  }

  private void checkNeeds() {
    Method method = settings.method();
    if (method.needs(Need.CLASSES) && !target.schema().classification()) {
      throw unfit("is for a classification, and this is a regression");
    }
    if (method.needs(Need.OWN_CLASSES) && !own.head()) {
      throw unfit("is for a target with classes that the source does not have");
    }
    if (method.needs(Need.BATCH_NORM)
        && network.tensors().stream().noneMatch(TensorInfo::statistics)) {
      throw unfit("needs a network with BatchNorm: cnn or resnet18");
    }
    if (method.needs(Need.SOURCE_ROWS) && source == null) {
      throw new DataException(
          "the method " + method + " learns from the source's rows too: name them", "source");
    }
    PruningScope scope = from.requirePruned().scope();
    PruningScope wanted = settings.pruningScope();
    boolean demanded = method.needs(Need.RANDOM_MASK) || method.needs(Need.LAYERWISE_MASK);
    if (demanded && scope != wanted) {
      throw unfit(
          "needs a base that was pruned "
              + (wanted == PruningScope.RANDOM ? "at random" : "layer by layer")
              + ": train the model with that method from the start");
    }
  }

  private DataException unfit(String why) {
    return new DataException("the method " + settings.method() + " " + why, "method");
  }

  TargetModel run(String name) {
    Method method = settings.method();
    float[] base = from.requireBase();
    MaskBits mask = from.requirePruned().mask();
    Metrics before = null;
    float[] weights = method.weights(from.source(), mask, base);
    if (weights == null) {
      network.initialize(settings.seed());
      weights = network.parameters();
    } else if (own.head()) {
      weights = withNewHead(weights);
    } else {
      network.setParameters(weights);
      before = phases.measure(network, target.schema(), target.rows(), settings.threads());
    }
    start =
        fitted == network
            ? weights
            : Heads.join(
                weights,
                network.tensors(),
                from.source(),
                phases.tensorsOf(phases.schema()),
                fitted.tensors());
    final long begun = System.nanoTime();
    FitRange range = method.range(this);
    fitted.setParameters(start);
    FitOutcome outcome = phases.fit(fitted, Phase.CALIBRATE, settings, range, target.rows(), monitor);
    float[] trained = fitted.parameters();
    if (fitted != network) {
      trained = Heads.first(trained, fitted.tensors(), network.tensors());
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    network.setParameters(trained);
    PhaseReport report =
        Phases.report(
            Phase.CALIBRATE,
            outcome,
            seconds,
            before,
            phases.measure(network, target.schema(), target.rows(), settings.threads()),
            target.rows(),
            settings.threads());
    List<TensorInfo> tensors = network.tensors();
    return new TargetModel(
        name,
        settings,
        target.ownHead() ? target.schema().classes() : null,
        own.mask(mask, tensors).gather(trained),
        own.gather(trained, tensors),
        report);
  }

  private float[] withNewHead(float[] body) {
    network.initializeHead(settings.seed());
    float[] weights = network.parameters();
    OwnTensors.putBody(body, phases.tensorsOf(phases.schema()), weights, network.tensors());
    return weights;
  }

  @Override
  public List<TensorInfo> tensors() {
    return fitted.tensors();
  }

  @Override
  public MaskBits kept() {
    return own.maskOfNew(from.requirePruned().mask(), fitted.tensors());
  }

  @Override
  public boolean isNew(TensorInfo tensor) {
    return own.isNew(tensor);
  }

  @Override
  public double strength() {
    return settings.strength();
  }

  @Override
  public int lastLayers() {
    return settings.lastLayers();
  }

  @Override
  public float[] start() {
    return start;
  }

  @Override
  public int firstSourceOutput() {
    return fitted == network ? 0 : target.schema().outputWidth();
  }

  @Override
  public int outputs() {
    return firstSourceOutput()
        + (fitted == network ? target.schema() : phases.schema()).outputWidth();
  }

  @Override
  public int rows() {
    return target.rows().rows();
  }

  @Override
  public int label(int row) {
    return (int) target.rows().labels().get(row);
  }

  @Override
  public float[] predict(float[] weights) {
    fitted.setParameters(weights);
    return Phases.predict(fitted, target.rows(), settings.threads());
  }

  @Override
  public double loss(float[] weights) {
    Schema schema = target.schema();
    float[] outputs = predict(weights);
    Double entropy = Metrics.of(schema, target.rows(), outputs).crossEntropy();
    if (entropy != null) {
      return entropy;
    }
    double sum = 0;
    for (int i = 0; i < outputs.length; i++) {
      double difference = outputs[i] - target.rows().labels().get(i);
      sum += difference * difference;
    }
    return sum / outputs.length;
  }

  @Override
  public float[] fitted(FitRange range) {
    fitted.setParameters(start);
    phases.fit(fitted, Phase.CALIBRATE, settings, range, target.rows(), monitor);
    return fitted.parameters();
  }

  @Override
  public List<float[]> sourceTrail(int epochs) {
    EncodedData rows = source;
    if (rows == null) {
      throw new IllegalStateException("there are no rows of the source");
    }
    List<float[]> trail = new ArrayList<>();
    try (NativeNetwork sourceNetwork = phases.network(phases.schema(), 0)) {
      FitRange all = FitRange.all(sourceNetwork.tensors());
      sourceNetwork.setParameters(from.source());
      for (int epoch = 0; epoch < epochs; epoch++) {
        TransferConfig one =
            settings.toBuilder()
                .sourceEpochs(1)
                .seed(settings.seed() + epoch)
                .validationShare(0)
                .patience(0)
                .build();
        phases.fit(sourceNetwork, Phase.TRAIN, one, all, rows, monitor);
        float[] weights = sourceNetwork.parameters();
        if (own.head()) {
          float[] body = weights;
          weights = start.clone();
          OwnTensors.putBody(body, sourceNetwork.tensors(), weights, fitted.tensors());
        }
        trail.add(weights);
      }
    }
    return trail;
  }

  @Override
  public void close() {
    network.close();
    fitted.close();
  }
}
