package org.pacnet.internal.correction;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.Ubjson;

/**
 * The trees of an XGBoost model, which say here what XGBoost says of them: a model's file is data from anywhere, and XGBoost follows
 * whatever index is in one. Every number is checked before one is used.
 */
public final class BoostedTrees {

  private final int outputs;
  private final float[] base; // [outputs], what all rows begin with
  private final Tree[] trees;

  /**
   * A tree by its nodes; the first is the root, and children come behind their parent, so that every walk ends.
   *
   * @param output which it adds to
   * @param left the child for smaller values, -1 of a leaf
   * @param right the other
   * @param feature of which a value is compared
   * @param value what it is compared with; of a leaf what it adds
   * @param missingLeft where a value that is missing goes
   */
  public record Tree(int output, int[] left, int[] right, int[] feature, float[] value, boolean[] missingLeft) {

    private float of(float[] x, int at) {
      int node = 0;
      while (left[node] >= 0) {
        float v = x[at + feature[node]];
        boolean goesLeft = Float.isNaN(v) ? missingLeft[node] : v < value[node];
        node = goesLeft ? left[node] : right[node];
      }
      return value[node];
    }
  }

  private BoostedTrees(int outputs, float[] base, Tree[] trees) {
    this.outputs = outputs;
    this.base = base;
    this.trees = trees;
  }

  /**
   * What XGBoost wrote, in UBJSON.
   *
   * @param features that rows have
   * @param outputs 1 for a regression, else the number of classes
   * @throws IllegalArgumentException if it is not such a model
   */
  static BoostedTrees read(byte[] model, int features, int outputs) {
    Object learner = in(Ubjson.read(model), "learner");
    Object parameters = in(learner, "learner_model_param");
    require(whole(in(parameters, "num_feature")) == features, "they are of another number of inputs");
    require(Math.max(1, whole(in(parameters, "num_class"))) == outputs, "they are of another number of outputs");
    String objective = text(in(in(learner, "objective"), "name"));
    require(objective.equals(outputs > 1 ? "multi:softmax" : "reg:squarederror"), "their objective is another one");
    Object booster = in(learner, "gradient_booster");
    require(text(in(booster, "name")).equals("gbtree"), "they are no trees");
    Object forest = in(booster, "model");
    if (!(in(forest, "trees") instanceof List<?> list)) {
      throw new IllegalArgumentException("there are no trees");
    }
    int[] of = indices(in(forest, "tree_info"), list.size(), 0, outputs);
    Tree[] trees = new Tree[list.size()];
    for (int t = 0; t < trees.length; t++) {
      trees[t] = tree(list.get(t), of[t], features);
    }
    return new BoostedTrees(outputs, base(text(in(parameters, "base_score")), outputs), trees);
  }

  // One for all outputs or one for each: 5E-1, [5E-1] or [1E0,2E0].
  private static float[] base(String text, int outputs) {
    String[] parts = text.replaceAll("^\\[|]$", "").split(",", -1);
    require(parts.length == 1 || parts.length == outputs, "they begin with another number of outputs");
    float[] base = new float[outputs];
    for (int c = 0; c < outputs; c++) {
      String part = parts[parts.length == 1 ? 0 : c];
      require(part.matches("-?[0-9.]{1,20}([eE][-+]?[0-9]{1,3})?"), "they begin with what is no number");
      base[c] = Float.parseFloat(part);
      require(Float.isFinite(base[c]), "they begin with what is not finite");
    }
    return base;
  }

  private static Tree tree(@Nullable Object from, int output, int features) {
    double[] values = numbers(in(from, "split_conditions"));
    int nodes = values.length;
    require(nodes > 0, "a tree has no nodes");
    for (int category : indices(in(from, "split_type"), nodes, 0, 2)) {
      require(category == 0, "a tree splits by categories");
    }
    int[] left = indices(in(from, "left_children"), nodes, -1, nodes);
    int[] right = indices(in(from, "right_children"), nodes, -1, nodes);
    int[] feature = indices(in(from, "split_indices"), nodes, 0, features);
    int[] missing = indices(in(from, "default_left"), nodes, 0, 2);
    float[] value = new float[nodes];
    boolean[] missingLeft = new boolean[nodes];
    for (int n = 0; n < nodes; n++) {
      boolean leaf = left[n] < 0;
      require(leaf ? right[n] < 0 : left[n] > n && right[n] > n, "a tree's node has no child behind it");
      value[n] = (float) values[n];
      require(Float.isFinite(value[n]), "a tree has a value that is not finite");
      missingLeft[n] = missing[n] == 1;
    }
    return new Tree(output, left, right, feature, value, missingLeft);
  }

  /** What all rows begin with, for each output. */
  public List<Float> base() {
    List<Float> all = new ArrayList<>();
    for (float value : base) {
      all.add(value);
    }
    return all;
  }

  /** The trees. */
  public List<Tree> trees() {
    return List.of(trees);
  }

  /** Adds up for each row, [rows, outputs], before any softmax; x is [rows, features]. */
  float[] margins(float[] x, int rows) {
    int features = x.length / rows;
    float[] margins = new float[rows * outputs];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(base, 0, margins, r * outputs, outputs);
      for (Tree tree : trees) {
        margins[r * outputs + tree.output()] += tree.of(x, r * features);
      }
    }
    return margins;
  }

  private static @Nullable Object in(@Nullable Object object, String key) {
    require(object instanceof Map<?, ?> map && map.containsKey(key), "they have no " + key);
    return ((Map<?, ?>) Objects.requireNonNull(object)).get(key);
  }

  private static String text(@Nullable Object value) {
    require(value instanceof String, "they have a number where a text should be");
    return (String) Objects.requireNonNull(value);
  }

  private static int whole(@Nullable Object value) {
    String text = text(value);
    require(text.matches("[0-9]{1,9}"), "they have a count that is none");
    return Integer.parseInt(text);
  }

  // XGBoost's reader takes either form.
  private static double[] numbers(@Nullable Object value) {
    if (value instanceof double[] array) {
      return array;
    }
    require(value instanceof List<?>, "they have no list of numbers");
    List<?> list = (List<?>) Objects.requireNonNull(value);
    double[] numbers = new double[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      Object number = list.get(i);
      require(number instanceof Number, "they have a list of what are no numbers");
      numbers[i] = ((Number) Objects.requireNonNull(number)).doubleValue();
    }
    return numbers;
  }

  private static int[] indices(@Nullable Object value, int count, int least, int end) {
    double[] numbers = numbers(value);
    require(numbers.length == count, "their parts are of different lengths");
    int[] indices = new int[count];
    for (int i = 0; i < count; i++) {
      indices[i] = (int) numbers[i];
      require(indices[i] == numbers[i] && indices[i] >= least && indices[i] < end, "they have an index of nothing");
    }
    return indices;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException("the trees are not what XGBoost writes: " + otherwise);
    }
  }
}
