package org.pacnet.internal.method;

import java.util.List;
import org.hipparchus.linear.CholeskyDecomposition;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;
import org.pacnet.internal.format.TensorInfo;

/**
 * A Gaussian prior around the source's weights instead of a pull that is alike in all directions
 * (Shwartz-Ziv et al., "Pre-Train Your Loss", NeurIPS 2022): mean and covariance are those of the
 * weights along a further training on the source, the covariance as a diagonal plus a low rank (SWAG;
 * Maddox et al., NeurIPS 2019).
 *
 * <p>With v_i the variance of weight i along the trail, v̄ the mean of all, and D the K deviations from
 * the mean: Σ = ½·diag(v/v̄) + ½·DDᵀ/((K − 1)·v̄) + ε, and the penalty is λ·(w − μ)ᵀΣ⁻¹(w − μ). So
 * weights that the source did not care about are freer than with L2-SP at the same λ, and ε = 0.1 is as
 * firm as it gets for the others.
 */
final class GaussianPrior implements Technique {

  private static final int EPOCHS = 10;
  private static final double LEAST_VARIANCE = 0.1;

  @Override
  public FitRange range(Situation s) {
    List<float[]> trail = s.sourceTrail(EPOCHS);
    int n = s.start().length;
    float[] mean = new float[n];
    double[] variance = new double[n];
    double average = 0;
    long counted = 0;
    for (TensorInfo tensor : s.tensors()) {
      if (s.isNew(tensor) || tensor.statistics()) {
        continue;
      }
      for (int i = tensor.offset(); i < tensor.offset() + tensor.size(); i++) {
        double sum = 0;
        double squares = 0;
        for (float[] weights : trail) {
          sum += weights[i];
          squares += (double) weights[i] * weights[i];
        }
        mean[i] = (float) (sum / EPOCHS);
        variance[i] = Math.max(0, squares / EPOCHS - sum / EPOCHS * sum / EPOCHS);
        average += variance[i];
        counted++;
      }
    }
    average = Math.max(average / counted, Double.MIN_NORMAL);

    // A = ½·diag(v/v̄) + ε and U = D/√(2(K − 1)v̄): Σ = A + UUᵀ. Where nothing is pulled, U stays 0.
    float[] precision = new float[n];
    double[][] u = new double[EPOCHS][n];
    for (TensorInfo tensor : s.tensors()) {
      if (s.isNew(tensor) || tensor.statistics()) {
        continue;
      }
      for (int i = tensor.offset(); i < tensor.offset() + tensor.size(); i++) {
        precision[i] = (float) (1 / (0.5 * variance[i] / average + LEAST_VARIANCE));
        for (int k = 0; k < EPOCHS; k++) {
          u[k][i] = (trail.get(k)[i] - mean[i]) / Math.sqrt(2 * (EPOCHS - 1) * average);
        }
      }
    }
    FitRange range =
        FitRange.all(s.tensors())
            .pulled(s.strength(), s.tensors(), t -> !s.isNew(t) && !t.statistics())
            .toward(mean)
            .with(new FitTerm.Precision(precision));
    for (float[] column : columns(precision, u, s.strength())) {
      range = range.with(new FitTerm.LowRank(column));
    }
    return range;
  }

  /** √λ·V with VVᵀ = A⁻¹U(I + UᵀA⁻¹U)⁻¹UᵀA⁻¹, which by Woodbury's identity is what Σ⁻¹ lacks to A⁻¹. */
  private static float[][] columns(float[] precision, double[][] u, double strength) {
    int rank = u.length;
    int n = precision.length;
    RealMatrix inner = MatrixUtils.createRealIdentityMatrix(rank);
    for (int a = 0; a < rank; a++) {
      for (int b = 0; b <= a; b++) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
          sum += u[a][i] * precision[i] * u[b][i];
        }
        inner.addToEntry(a, b, sum);
        if (a != b) {
          inner.addToEntry(b, a, sum);
        }
      }
    }
    RealMatrix lower = new CholeskyDecomposition(inner).getL();
    // Rows of L⁻¹(UᵀA⁻¹), by forward substitution.
    double[][] solved = new double[rank][n];
    for (int a = 0; a < rank; a++) {
      for (int i = 0; i < n; i++) {
        double value = u[a][i] * precision[i];
        for (int b = 0; b < a; b++) {
          value -= lower.getEntry(a, b) * solved[b][i];
        }
        solved[a][i] = value / lower.getEntry(a, a);
      }
    }
    float[][] columns = new float[rank][n];
    for (int a = 0; a < rank; a++) {
      for (int i = 0; i < n; i++) {
        columns[a][i] = (float) (Math.sqrt(strength) * solved[a][i]);
      }
    }
    return columns;
  }
}
