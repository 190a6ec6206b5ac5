package org.pacnet.bench;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.SequentialImpl;
import org.bytedeco.pytorch.SiLUImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Time of PAC's training step of a perceptron by LibTorch from Java, through JavaCPP's presets: {@code WIDTH BATCH THREADS STEPS
 * plain|best}. Plain is out of the box; best has OpenBLAS's threads, and LibTorch's, as told. Prints seconds of each step.
 */
public final class JavaCppStep {

  private JavaCppStep() {}

  /** Runs it. */
  public static void main(String[] arguments) {
    long width = Long.parseLong(arguments[0]);
    long batch = Long.parseLong(arguments[1]);
    int threads = Integer.parseInt(arguments[2]);
    int steps = Integer.parseInt(arguments[3]);
    if (arguments[4].equals("best")) {
      openblas.blas_set_num_threads(threads);
      torch.set_num_threads(threads);
    }
    SequentialImpl module = new SequentialImpl();
    module.push_back(new LinearImpl(10, width));
    module.push_back(new SiLUImpl());
    module.push_back(new LinearImpl(width, width));
    module.push_back(new SiLUImpl());
    module.push_back(new LinearImpl(width, 1));
    Tensor x = torch.randn(batch, 10);
    Tensor y = torch.randn(batch, 1);
    TensorVector parameters = new TensorVector();
    List<Tensor> trained = new ArrayList<>();
    List<Tensor> pruned = new ArrayList<>();
    TensorVector all = module.parameters();
    for (long p = 0; p < all.size(); p++) {
      Tensor parameter = all.get(p);
      boolean weight = parameter.dim() == 2;
      parameter.set_requires_grad(weight);
      if (weight) {
        parameters.push_back(parameter);
        trained.add(parameter);
        pruned.add(torch.rand_like(parameter).lt(new Scalar(0.8)).to(torch.ScalarType.Float));
      }
    }
    Adam optimizer = new Adam(parameters, new AdamOptions(1e-3));
    Scalar pull = new Scalar(0.02);
    for (int step = -200; step < steps; step++) {
      long begin = System.nanoTime();
      try (PointerScope scope = new PointerScope()) {
        optimizer.zero_grad();
        torch.mse_loss(module.forward(x), y).backward();
        try (NoGradGuard guard = new NoGradGuard()) {
          for (int p = 0; p < trained.size(); p++) {
            trained.get(p).grad().add_(trained.get(p), pull).mul_(pruned.get(p));
          }
        }
        optimizer.step();
      }
      if (step >= 0) {
        System.out.println((System.nanoTime() - begin) / 1e9);
      }
    }
  }
}
