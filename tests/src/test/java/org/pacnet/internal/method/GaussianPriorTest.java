package org.pacnet.internal.method;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.Objects;
import java.util.Random;
import org.hipparchus.linear.LUDecomposition;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.junit.jupiter.api.Test;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;

/** The prior's penalty against its covariance written out and inverted. */
class GaussianPriorTest {

  private static final int WEIGHTS = 7;
  private static final double STRENGTH = 0.3;

  @Test
  void thePenaltyIsThatOfTheWholeCovariance() {
    Random random = new Random(1);
    List<float[]> trail = new ArrayList<>();
    for (int k = 0; k < 10; k++) {
      float[] weights = new float[WEIGHTS];
      float together = (float) random.nextGaussian();
      for (int i = 0; i < WEIGHTS; i++) {
        weights[i] = i + together * (i % 3) + 0.2f * i * (float) random.nextGaussian();
      }
      trail.add(weights);
    }
    FitRange range = new GaussianPrior().range(new Fixed(trail));
    double[] mean = new double[WEIGHTS];
    double[] variance = new double[WEIGHTS];
    for (int i = 0; i < WEIGHTS; i++) {
      int at = i;
      mean[i] = trail.stream().mapToDouble(w -> w[at]).average().orElseThrow();
      variance[i] =
          trail.stream().mapToDouble(w -> (w[at] - mean[at]) * (w[at] - mean[at])).average().orElseThrow();
      assertEquals(mean[i], Objects.requireNonNull(range.anchor())[i], 1e-5);
    }
    double average = Arrays.stream(variance).average().orElseThrow();
    RealMatrix covariance = MatrixUtils.createRealMatrix(WEIGHTS, WEIGHTS);
    for (int i = 0; i < WEIGHTS; i++) {
      for (int j = 0; j < WEIGHTS; j++) {
        double product = 0;
        for (float[] weights : trail) {
          product += (weights[i] - mean[i]) * (weights[j] - mean[j]);
        }
        double diagonal = i == j ? 0.5 * variance[i] / average + 0.1 : 0;
        covariance.setEntry(i, j, diagonal + 0.5 * product / 9 / average);
      }
    }
    RealMatrix inverse = new LUDecomposition(covariance).getSolver().getInverse();
    double[] off = new double[WEIGHTS];
    for (int i = 0; i < WEIGHTS; i++) {
      off[i] = Math.sin(1 + 3 * i);
    }
    double expected = STRENGTH * MatrixUtils.createRealVector(off).dotProduct(inverse.operate(MatrixUtils.createRealVector(off)));
    assertEquals(expected, penalty(range, off), 1e-4 * expected);
  }

  private static double penalty(FitRange range, double[] off) {
    double sum = 0;
    for (FitTerm term : range.terms()) {
      if (term instanceof FitTerm.Precision precision) {
        for (int i = 0; i < WEIGHTS; i++) {
          sum += range.pull().get(0) * precision.values()[i] * off[i] * off[i];
        }
      } else if (term instanceof FitTerm.LowRank direction) {
        double along = 0;
        for (int i = 0; i < WEIGHTS; i++) {
          along += direction.column()[i] * off[i];
        }
        sum -= along * along;
      }
    }
    return sum;
  }

  private record Fixed(List<float[]> trail) implements Situation {
    @Override
    public List<TensorInfo> tensors() {
      return List.of(new TensorInfo(0, "w", List.of((long) WEIGHTS), 0, WEIGHTS, 0, Set.of(TensorInfo.Role.PRUNABLE)));
    }

    @Override
    public MaskBits kept() {
      return MaskBits.all(tensors());
    }

    @Override
    public boolean isNew(TensorInfo tensor) {
      return false;
    }

    @Override
    public double strength() {
      return STRENGTH;
    }

    @Override
    public boolean authors() {
      return false;
    }

    @Override
    public double budget() {
      return 1;
    }

    @Override
    public int rank() {
      return 0;
    }

    @Override
    public MaskBits voted() {
      return kept();
    }

    @Override
    public long seed() {
      return 0;
    }

    @Override
    public int lastLayers() {
      return 1;
    }

    @Override
    public float[] start() {
      return new float[WEIGHTS];
    }

    @Override
    public int firstSourceOutput() {
      return 0;
    }

    @Override
    public int outputs() {
      return 1;
    }

    @Override
    public int rows() {
      return 0;
    }

    @Override
    public int label(int row) {
      return 0;
    }

    @Override
    public float[] predict(float[] weights) {
      return weights;
    }

    @Override
    public double loss(float[] weights) {
      return 0;
    }

    @Override
    public float[] fitted(FitRange range) {
      return start();
    }

    @Override
    public List<float[]> sourceTrail(int epochs) {
      return trail;
    }
  }
}
