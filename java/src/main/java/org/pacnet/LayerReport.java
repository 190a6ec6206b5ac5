package org.pacnet;

/**
 * What the mask does to one weight matrix.
 *
 * @param name as in the files, such as {@code layers.0.weight}
 * @param outputs rows of the matrix
 * @param inputs columns of the matrix
 * @param kept weights that survive Prune; all of them before
 * @param excluded never pruned, by the configuration's {@link TransferConfig#excluded()}
 */
public record LayerReport(String name, long outputs, long inputs, long kept, boolean excluded) {

  /** Share of the matrix's weights that are pruned, in [0, 1]. */
  public double prunedRatio() {
    return 1.0 - (double) kept / (outputs * inputs);
  }
}
