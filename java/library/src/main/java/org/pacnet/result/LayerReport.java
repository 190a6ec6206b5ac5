package org.pacnet.result;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.pacnet.config.Pruning;

/**
 * What the mask does to one weight matrix or convolution kernel.
 *
 * @param name as in the files, such as {@code layers.0.weight}
 * @param shape [outputs, inputs], and of a kernel height and width
 * @param kept weights that survive Prune; all of them before
 * @param excluded never pruned, by the configuration's {@link Pruning#excluded()}
 */
public record LayerReport(String name, List<Long> shape, long kept, boolean excluded) {

  /** Number of weights. */
  @JsonProperty
  public long size() {
    return shape.stream().reduce(1L, (a, b) -> a * b);
  }

  /** Share of the weights that are pruned, in [0, 1]. */
  public double prunedRatio() {
    return 1.0 - (double) kept / size();
  }
}
