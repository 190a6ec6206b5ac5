package org.pacnet.bench;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.tracker.Tracker;
import java.util.ArrayList;
import java.util.List;

/**
 * Time of PAC's training step of a perceptron in DJL with its PyTorch engine: {@code WIDTH BATCH STEPS}; threads by OMP_NUM_THREADS. Prints
 * seconds of each step.
 */
public final class DjlStep {

  private DjlStep() {}

  /** Runs it. */
  public static void main(String[] arguments) {
    int width = Integer.parseInt(arguments[0]);
    int batch = Integer.parseInt(arguments[1]);
    int steps = Integer.parseInt(arguments[2]);
    try (Model model = Model.newInstance("mlp", "PyTorch");
        NDManager manager = NDManager.newBaseManager()) {
      model.setBlock(
          new SequentialBlock()
              .add(Linear.builder().setUnits(width).build())
              .add(Activation.swishBlock(1))
              .add(Linear.builder().setUnits(width).build())
              .add(Activation.swishBlock(1))
              .add(Linear.builder().setUnits(1).build()));
      Loss loss = Loss.l2Loss("l2", 1);
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(loss)
              .optOptimizer(Adam.builder().optLearningRateTracker(Tracker.fixed(1e-3F)).build());
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(batch, 10));
        NDArray x = manager.randomNormal(new Shape(batch, 10));
        NDArray y = manager.randomNormal(new Shape(batch, 1));
        List<NDArray> trained = new ArrayList<>();
        List<NDArray> pruned = new ArrayList<>();
        for (Parameter parameter : model.getBlock().getParameters().values()) {
          NDArray array = parameter.getArray();
          if (array.getShape().dimension() == 2) {
            trained.add(array);
            pruned.add(manager.randomUniform(0, 1, array.getShape()).lt(0.8).toType(DataType.FLOAT32, false));
          } else {
            parameter.freeze(true);
          }
        }
        for (int step = -200; step < steps; step++) {
          long begin = System.nanoTime();
          try (NDManager scope = manager.newSubManager()) {
            NDArray in = x.duplicate();
            in.attach(scope);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
              NDArray value = loss.evaluate(new NDList(y), trainer.forward(new NDList(in)));
              collector.backward(value);
            }
            for (int p = 0; p < trained.size(); p++) {
              NDArray gradient = trained.get(p).getGradient();
              gradient.attach(scope);
              gradient.addi(trained.get(p).mul(0.02F)).muli(pruned.get(p));
            }
            trainer.step();
          }
          if (step >= 0) {
            System.out.println((System.nanoTime() - begin) / 1e9);
          }
        }
      }
    }
  }
}
