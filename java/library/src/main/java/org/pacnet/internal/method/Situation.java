package org.pacnet.internal.method;

import java.util.List;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;

/** What a {@link Technique} can know when a target is to be learnt, and what it can have done for it. */
public interface Situation {

  /** Of the network that is fitted. */
  List<TensorInfo> tensors();

  /** The base's mask on it, with what is new with the target kept. */
  MaskBits kept();

  /** Whether a tensor is new with the target: trained in full, and pulled nowhere. */
  boolean isNew(TensorInfo tensor);

  /** λ. */
  double strength();

  /** How many layers {@code finetune-last} trains. */
  int lastLayers();

  /** Of what a matrix learns by {@code lora} or {@code swr}; 0: it is learnt itself. */
  int rank();

  /** What of all parameters may change by {@code swr}. */
  double budget();

  /** Whether {@code taps} takes its authors' values. */
  boolean authors();

  /** What other targets have voted for by {@code metavote}. */
  MaskBits voted();

  /** Of what is drawn. */
  long seed();

  /** The weights that the fit starts from. */
  float[] start();

  /** The first of the outputs that are the source's; 0 where the target has no others. */
  int firstSourceOutput();

  /** How many outputs the fitted network has. */
  int outputs();

  /** Number of the target's rows. */
  int rows();

  /** The class index of a row; for a classification only. */
  int label(int row);

  /** What the fitted network says of the target's rows with these weights, [rows, outputs]. */
  float[] predict(float[] weights);

  /** The mean loss on the target's rows with these weights. */
  double loss(float[] weights);

  /** The weights after a fit on the target in this range, from the start. */
  float[] fitted(FitRange range);

  /**
   * Weights along a further training on the source, one set an epoch; on the fitted network, where a
   * head of the target's own is as at the start.
   */
  List<float[]> sourceTrail(int epochs);
}
