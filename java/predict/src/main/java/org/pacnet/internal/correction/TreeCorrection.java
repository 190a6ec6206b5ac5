package org.pacnet.internal.correction;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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
public record TreeCorrection(byte[][] boosters, BoostedTrees[] trees, int classes) implements Correction {

  /** Trees as XGBoost writes them, which are read, and every index of them checked. */
  public static TreeCorrection of(byte[][] boosters, int classes, int inputs) {
    BoostedTrees[] trees = new BoostedTrees[boosters.length];
    for (int b = 0; b < trees.length; b++) {
      trees[b] = BoostedTrees.read(boosters[b], inputs + 1, Math.max(1, classes));
    }
    return new TreeCorrection(boosters, trees, classes);
  }

  @Override
  public Corrected apply(Rows asked, @Nullable Networks networks, Processes processes) {
    Rows rows = asked.ofSource();
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
