package org.pacnet.internal.method;

import java.util.Random;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;

/**
 * LoRA (Hu et al., "LoRA: Low-rank adaptation of large language models", ICLR 2022): a matrix, or a kernel seen as one with a row for each channel
 * that goes out, is the source's plus B·A of a low rank, B from zero and A as torch.nn.Linear draws. The output layer is trained in full, biases,
 * normalisation and statistics not at all. What is learnt is merged into the weights.
 */
final class Lora implements Technique {

  @Override
  public FitRange range(Situation s) {
    MaskBits none = MaskBits.all(s.tensors()).inverted();
    FitRange range = FitRange.of(none.with(s.tensors(), t -> t.prunable() || t.head() || s.isNew(t)), s.tensors());
    Random random = new Random(s.seed());
    for (TensorInfo tensor : s.tensors()) {
      if (!tensor.prunable() || tensor.head() || s.isNew(tensor)) {
        continue;
      }
      range = range.with(adapter(tensor, s.rank(), random));
    }
    return range;
  }

  /** As many numbers as a matrix or kernel learns by that rank. */
  static int factors(TensorInfo tensor, int rank) {
    int rows = Math.toIntExact(tensor.shape().get(0));
    int columns = tensor.size() / rows;
    return Math.min(rank, Math.min(rows, columns)) * (rows + columns);
  }

  static FitTerm.Adapter adapter(TensorInfo tensor, int most, Random random) {
    int rows = Math.toIntExact(tensor.shape().get(0));
    int columns = tensor.size() / rows;
    int rank = Math.min(most, Math.min(rows, columns));
    float[] a = new float[rank * columns];
    double bound = 1 / Math.sqrt(columns);
    for (int i = 0; i < a.length; i++) {
      a[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return new FitTerm.Adapter(tensor.index(), rank, a);
  }
}
