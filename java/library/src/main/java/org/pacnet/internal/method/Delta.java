package org.pacnet.internal.method;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;
import org.pacnet.internal.format.TensorInfo;

/**
 * DELTA (Li et al., "DELTA: DEep Learning Transfer using Feature Map with Attention for convolutional
 * networks", ICLR 2019): fine-tuning that holds the features of each layer, channel by channel, at
 * what the source's weights give for the same rows. Channels without which the source's weights would
 * do worse on the target are held harder. New layers are pulled toward zero.
 */
final class Delta implements Technique {

  @Override
  public FitRange range(Situation s) {
    // A head that is new has to know something first, or no channel would be missed.
    boolean newHead = s.tensors().stream().anyMatch(t -> t.head() && s.isNew(t));
    float[] weights = newHead ? s.fitted(FineTuning.HEAD.range(s)) : s.start();
    FitRange range =
        FitRange.all(s.tensors()).pulled(s.strength(), s.tensors(), s::isNew).toward(anchor(s));
    int layers = s.tensors().get(s.tensors().size() - 1).layer();
    for (int layer = 0; layer < layers; layer++) {
      range = range.with(new FitTerm.Features(layer, attention(s, weights, layer)));
    }
    return range;
  }

  // The source's weights; zeros where the target has its own.
  private static float[] anchor(Situation s) {
    float[] anchor = s.start().clone();
    for (TensorInfo tensor : s.tensors()) {
      if (s.isNew(tensor)) {
        Arrays.fill(anchor, tensor.offset(), tensor.offset() + tensor.size(), 0);
      }
    }
    return anchor;
  }

  /** λ times the softmax, over the layer's channels, of the loss without the channel less that with it. */
  private static float[] attention(Situation s, float[] weights, int layer) {
    List<TensorInfo> own = new ArrayList<>();
    for (TensorInfo tensor : s.tensors()) {
      if (tensor.layer() == layer && !tensor.statistics()) {
        own.add(tensor);
      }
    }
    int channels =
        own.stream()
            .filter(TensorInfo::prunable)
            .reduce((first, second) -> second)
            .orElseThrow()
            .shape()
            .get(0)
            .intValue();
    double with = s.loss(weights);
    double[] worse = new double[channels];
    for (int c = 0; c < channels; c++) {
      float[] without = weights.clone();
      for (TensorInfo tensor : own) {
        if (tensor.shape().get(0) == channels) {
          int each = tensor.size() / channels;
          Arrays.fill(without, tensor.offset() + c * each, tensor.offset() + (c + 1) * each, 0);
        }
      }
      worse[c] = s.loss(without) - with;
    }
    double largest = Arrays.stream(worse).max().orElseThrow();
    double total = Arrays.stream(worse).map(w -> Math.exp(w - largest)).sum();
    float[] attention = new float[channels];
    for (int c = 0; c < channels; c++) {
      attention[c] = (float) (s.strength() * Math.exp(worse[c] - largest) / total);
    }
    return attention;
  }
}
