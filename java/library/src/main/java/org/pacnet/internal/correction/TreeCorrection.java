package org.pacnet.internal.correction;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.SafeTensors.Dtype;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * Boosted trees (XGBoost; Chen and Guestrin, KDD 2016) on the source's and the target's rows together,
 * with one more input that says which a row is of; the source model plays no part.
 *
 * @param boosters as XGBoost writes them, one an output of a regression; one for a classification
 * @param trees the same, to be asked
 * @param classes of a classification; 0 for a regression
 */
record TreeCorrection(byte[][] boosters, BoostedTrees[] trees, int classes) implements Correction {

  static TreeCorrection fit(
      Rows rows, FloatBuffer labels, @Nullable Pool source, int threads, long seed) {
    if (source == null) {
      throw new DataException("the method trees learns from the source's rows too: name them", "source");
    }
    int classes = source.classes();
    int all = source.rows() + rows.rows();
    int inputs = rows.inputs();
    float[] x = new float[all * (inputs + 1)];
    for (int r = 0; r < all; r++) {
      boolean own = r >= source.rows();
      for (int i = 0; i < inputs; i++) {
        x[r * (inputs + 1) + i] =
            own
                ? rows.feature(r - source.rows(), i)
                : source.features().get(r * inputs + i);
      }
      x[r * (inputs + 1) + inputs] = own ? 1 : 0;
    }
    int columns = classes > 0 ? 1 : rows.width();
    byte[][] boosters = new byte[columns][];
    for (int c = 0; c < columns; c++) {
      float[] y = new float[all];
      for (int r = 0; r < all; r++) {
        y[r] =
            r < source.rows()
                ? source.labels().get(r * columns + c)
                : labels.get((r - source.rows()) * columns + c);
      }
      boosters[c] = train(x, inputs + 1, y, classes, threads, seed);
    }
    return of(boosters, classes, inputs);
  }

  private static TreeCorrection of(byte[][] boosters, int classes, int inputs) {
    BoostedTrees[] trees = new BoostedTrees[boosters.length];
    for (int b = 0; b < trees.length; b++) {
      trees[b] = BoostedTrees.read(boosters[b], inputs + 1, Math.max(1, classes));
    }
    return new TreeCorrection(boosters, trees, classes);
  }

  // Whoever does without trees, or only asks them, need not have the library.
  private static byte[] train(float[] x, int columns, float[] y, int classes, int threads, long seed) {
    try {
      return Boosting.train(x, columns, y, classes, threads, seed);
    } catch (LinkageError e) {
      throw new DataException(
          "the method trees needs XGBoost: put ml.dmlc:xgboost4j_2.12 on the class path", e, "method");
    }
  }

  @Override
  public Corrected apply(Rows rows, @Nullable Corrected networks) {
    int inputs = rows.inputs();
    float[] x = new float[rows.rows() * (inputs + 1)];
    for (int r = 0; r < rows.rows(); r++) {
      for (int i = 0; i < inputs; i++) {
        x[r * (inputs + 1) + i] = rows.feature(r, i);
      }
      x[r * (inputs + 1) + inputs] = 1;
    }
    int width = rows.width();
    float[] outputs = new float[rows.rows() * width];
    for (int b = 0; b < trees.length; b++) {
      // The margin of a classification is the logarithm of its probabilities, but for a constant.
      float[] margins = trees[b].margins(x, rows.rows());
      int each = margins.length / rows.rows();
      for (int r = 0; r < rows.rows(); r++) {
        System.arraycopy(margins, r * each, outputs, r * width + b, each);
      }
    }
    return new Corrected(outputs, null);
  }

  @Override
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put("trees.classes", Entry.row(new float[] {classes}));
    for (int b = 0; b < boosters.length; b++) {
      entries.put("trees." + b, Entry.bytes(boosters[b]));
    }
    return entries;
  }

  static TreeCorrection read(Map<String, Entry> entries, int inputs, int width) {
    float classes = Entries.take(entries, "trees.classes", 1)[0];
    if (classes != 0 && (classes != width || width < 2)) {
      throw new IllegalArgumentException("the trees are of " + classes + " classes");
    }
    byte[][] boosters = new byte[classes > 0 ? 1 : width][];
    for (int b = 0; b < boosters.length; b++) {
      Entry entry = entries.remove("trees." + b);
      if (entry == null || entry.dtype() != Dtype.U8) {
        throw new IllegalArgumentException("there are no trees for output " + b);
      }
      boosters[b] = entry.toBytes();
    }
    return of(boosters, (int) classes, inputs);
  }
}
