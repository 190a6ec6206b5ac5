package org.pacnet.internal.onnx;

import static ai.onnx.proto.OnnxMl.TensorProto.DataType.DOUBLE;
import static ai.onnx.proto.OnnxMl.TensorProto.DataType.FLOAT;
import static org.pacnet.internal.onnx.Graph.numbers;
import static org.pacnet.internal.onnx.Graph.whole;
import static org.pacnet.internal.onnx.Graph.wholes;
import static org.pacnet.internal.onnx.Graph.words;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.internal.correction.AveragedCorrection;
import org.pacnet.internal.correction.BoostedTrees;
import org.pacnet.internal.correction.CoKrigingCorrection;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.GaussianCorrection;
import org.pacnet.internal.correction.GaussianMeans;
import org.pacnet.internal.correction.GaussianProcess;
import org.pacnet.internal.correction.Kernel;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.LogisticCorrection;
import org.pacnet.internal.correction.StackCorrection;
import org.pacnet.internal.correction.TreeCorrection;

/** What stands behind a base, as part of a graph; in double precision, but for trees. What it says of rows is [rows, width]. */
final class CorrectionGraph {

  private final Graph graph;
  private final String x; // [rows, inputs]
  private final int inputs;
  private final String common; // those that are the source's too
  private final int width;

  /** Of features in single precision. */
  CorrectionGraph(Graph graph, String features, int inputs, String common, int width) {
    this.graph = graph;
    x = graph.cast(features, DOUBLE);
    this.inputs = inputs;
    this.common = common.equals(features) ? x : graph.cast(common, DOUBLE);
    this.width = width;
  }

  /**
   * What it says.
   *
   * @param o what the base says
   * @param networks what the target's own networks say; null where it has none
   */
  String apply(Correction correction, String o, @Nullable String networks) {
    if (correction instanceof LinearCorrection linear) {
      return graph.op("Add", o, linear(linear, o));
    }
    if (correction instanceof GaussianCorrection gaussian) {
      String said = graph.joined(gaussian.processes().stream().map(process -> mean(process, x, null)).toList());
      return gaussian.residual() ? graph.op("Add", o, said) : said;
    }
    if (correction instanceof CoKrigingCorrection coKriging) {
      return coKriging(coKriging, o);
    }
    if (correction instanceof AveragedCorrection averaged) {
      return averaged(averaged, o);
    }
    if (correction instanceof LogisticCorrection logistic) {
      return logistic(logistic, o);
    }
    if (correction instanceof TreeCorrection trees) {
      return trees(trees);
    }
    return stack((StackCorrection) correction, o, networks);
  }

  /** The logarithm of probabilities, of which none is taken for 0. */
  static String log(Graph graph, String p) {
    return graph.op("Log", graph.op("Max", p, graph.number(Float.MIN_NORMAL)));
  }

  private String sum(@Nullable String sum, String term) {
    return sum == null ? term : graph.op("Add", sum, term);
  }

  // c0 + Co·o + Cx·x; of a model that nothing is said to without Co·o.
  private String linear(LinearCorrection linear, @Nullable String o) {
    int each = linear.coefficients().length / width;
    int columns = each - 1 - width;
    double[] constants = new double[width];
    double[] ofOutputs = new double[width * width];
    double[] ofInputs = new double[width * columns];
    for (int c = 0; c < width; c++) {
      constants[c] = linear.coefficients()[c * each];
      for (int j = 0; j < width; j++) {
        ofOutputs[c * width + j] = linear.coefficients()[c * each + 1 + j];
      }
      for (int i = 0; i < columns; i++) {
        ofInputs[c * columns + i] = linear.coefficients()[c * each + 1 + width + i];
      }
    }
    String rows = columns == inputs ? x : common;
    String said = product(rows, graph.doubles(ofInputs, width, columns), graph.doubles(constants, width));
    return o == null ? said : graph.op("Add", said, graph.op("MatMul", o, turned(graph.doubles(ofOutputs, width, width))));
  }

  private String product(String rows, String factors, String constants) {
    return graph.op("Gemm", List.of(rows, factors, constants), whole("transB", 1));
  }

  private String turned(String matrix) {
    return graph.op("Transpose", List.of(matrix), wholes("perm", List.of(1L, 0L)));
  }

  private String opinion(int which, String o, @Nullable LinearCorrection linear) {
    return which == 0 ? o : linear(Objects.requireNonNull(linear), null);
  }

  // [rows, 1]: k(at)·K⁻¹(y − m) + m.
  private String mean(GaussianProcess process, String at, @Nullable String o) {
    Kernel kernel = Kernel.of(process);
    GaussianMeans.Solved solved = GaussianMeans.solve(process);
    int n = process.rows();
    int d = process.inputs();
    double[] scaled = new double[n * d];
    double[] plain = new double[n * d];
    for (int i = 0; i < plain.length; i++) {
      plain[i] = process.x()[i];
      scaled[i] = plain[i] / kernel.lengths()[i % d];
    }
    String lengths = graph.doubles(kernel.lengths(), d);
    String apart =
        graph.op("Sub", graph.op("Unsqueeze", graph.op("Div", at, lengths), graph.longs(1)), graph.doubles(scaled, 1, n, d));
    String squares = graph.op("ReduceSum", List.of(graph.op("Mul", apart, apart), graph.longs(2)), whole("keepdims", 0));
    String covariance =
        graph.op("Mul", graph.number(kernel.signal()), graph.op("Exp", graph.op("Mul", graph.number(-0.5), squares)));
    if (o != null) {
      double[] outputs = new double[process.o().length];
      for (int i = 0; i < outputs.length; i++) {
        outputs[i] = kernel.strengths()[1] * process.o()[i];
      }
      double[] slopes = plain.clone();
      for (int i = 0; i < slopes.length; i++) {
        slopes[i] *= kernel.strengths()[2] / d;
      }
      String scale = product(o, graph.doubles(outputs, n, width), graph.number(kernel.strengths()[0]));
      covariance = graph.op("Add", covariance, product(at, graph.doubles(slopes, n, d), scale));
    }
    return graph.op("Add", graph.op("MatMul", covariance, graph.doubles(solved.alpha(), n, 1)), graph.number(solved.mean()));
  }

  private String coKriging(CoKrigingCorrection is, String o) {
    String at = graph.op("Div", graph.op("Sub", x, row(is.shift())), row(is.scale()));
    String[] opinions = new String[CoKrigingCorrection.OPINIONS];
    for (int k = 0; k < opinions.length; k++) {
      if (k == 0 || is.linear() != null) {
        opinions[k] = graph.op("Div", opinion(k, o, is.linear()), row(is.units()));
      }
    }
    List<String> columns = new ArrayList<>();
    int next = 0;
    for (int c = 0; c < width; c++) {
      String sum = null;
      for (int part = 0; part < CoKrigingCorrection.PARTS; part++) {
        int i = c * CoKrigingCorrection.PARTS + part;
        if (is.weights()[i] > 0) {
          String opinion = opinions[part / 2];
          String said = graph.columns(opinion, c, c + 1);
          if (CoKrigingCorrection.hasProcess(is.weights(), i)) {
            said = graph.op("Add", said, mean(is.processes().get(next++), at, opinion));
          }
          sum = sum(sum, graph.op("Mul", said, graph.number(is.weights()[i])));
        }
      }
      columns.add(graph.op("Mul", Objects.requireNonNull(sum), graph.number(is.units()[c])));
    }
    return graph.joined(columns);
  }

  private String averaged(AveragedCorrection is, String o) {
    int n = is.rows();
    int each = 3 + inputs;
    double[] constants = new double[width];
    double[][] factors = new double[2][width];
    double[] slopes = new double[width * inputs];
    for (int c = 0; c < width; c++) {
      constants[c] = is.coefficients()[c * each];
      factors[0][c] = is.coefficients()[c * each + 1];
      factors[1][c] = is.coefficients()[c * each + 2];
      for (int j = 0; j < inputs; j++) {
        slopes[c * inputs + j] = is.coefficients()[c * each + 3 + j];
      }
    }
    String sum = product(x, graph.doubles(slopes, width, inputs), graph.doubles(constants, width));
    for (int k = 0; k < (is.linear() == null ? 1 : 2); k++) {
      sum = graph.op("Add", sum, graph.op("Mul", opinion(k, o, is.linear()), graph.doubles(factors[k], width)));
    }
    String at = graph.op("Div", graph.op("Sub", x, row(is.shift())), row(is.scale()));
    for (int k = 0; k < is.columns().length; k++) {
      boolean all = is.columns()[k] == AveragedCorrection.ALL;
      int d = all ? inputs : 1;
      String own = all ? at : graph.columns(at, is.columns()[k], is.columns()[k] + 1);
      double[] rows = new double[n * d];
      double[] weights = new double[n * width];
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < d; j++) {
          rows[i * d + j] = is.x()[i * inputs + (all ? j : is.columns()[k])];
        }
        for (int c = 0; c < width; c++) {
          weights[i * width + c] = is.weights()[(c * is.columns().length + k) * n + i];
        }
      }
      double length = is.lengths()[k];
      String apart = graph.op("Sub", graph.op("Unsqueeze", own, graph.longs(1)), graph.doubles(rows, 1, n, d));
      String squares = graph.op("ReduceSum", List.of(graph.op("Mul", apart, apart), graph.longs(2)), whole("keepdims", 0));
      String near = graph.op("Exp", graph.op("Mul", graph.number(-0.5 / (length * length * d)), squares));
      sum = graph.op("Add", sum, graph.op("MatMul", near, graph.doubles(weights, n, width)));
    }
    return sum;
  }

  private String row(float[] values) {
    double[] row = new double[values.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = values[i];
    }
    return graph.doubles(row, row.length);
  }

  private String logistic(LogisticCorrection is, String o) {
    String sum = null;
    int next = 0;
    for (int k = 0; k < LogisticCorrection.OPINIONS; k++) {
      if (is.weights()[k] > 0) {
        String opinion = opinion(k, o, is.linear());
        String logits = apply(is.corrections().get(next++), opinion, null);
        String p = graph.op("Softmax", List.of(logits), whole("axis", 1));
        sum = sum(sum, graph.op("Mul", p, graph.number(is.weights()[k])));
      }
    }
    return log(graph, Objects.requireNonNull(sum));
  }

  private String trees(TreeCorrection is) {
    // The last feature says that the row is the target's.
    String rows = graph.op("Gather", graph.op("Shape", common), graph.longs(0));
    String shape = graph.op("Concat", List.of(rows, graph.longs(1)), whole("axis", 0));
    String one = graph.op("Expand", graph.floats(new float[] {1}, 1, 1), shape);
    String features = graph.joined(List.of(graph.cast(common, FLOAT), one));
    return graph.joined(Arrays.stream(is.trees()).map(forest -> graph.cast(forest(forest, features), DOUBLE)).toList());
  }

  private String forest(BoostedTrees forest, String features) {
    List<Long> treeIds = new ArrayList<>();
    List<Long> nodeIds = new ArrayList<>();
    List<Long> featureIds = new ArrayList<>();
    List<Long> lower = new ArrayList<>();
    List<Long> others = new ArrayList<>();
    List<Long> missing = new ArrayList<>();
    List<String> modes = new ArrayList<>();
    List<Float> values = new ArrayList<>();
    List<Long> leafTrees = new ArrayList<>();
    List<Long> leafNodes = new ArrayList<>();
    List<Long> leafOutputs = new ArrayList<>();
    List<Float> leafValues = new ArrayList<>();
    List<BoostedTrees.Tree> trees = forest.trees();
    for (int t = 0; t < trees.size(); t++) {
      BoostedTrees.Tree tree = trees.get(t);
      for (int n = 0; n < tree.left().length; n++) {
        boolean leaf = tree.left()[n] < 0;
        treeIds.add((long) t);
        nodeIds.add((long) n);
        featureIds.add(leaf ? 0L : tree.feature()[n]);
        lower.add(leaf ? 0L : tree.left()[n]);
        others.add(leaf ? 0L : tree.right()[n]);
        missing.add(leaf || !tree.missingLeft()[n] ? 0L : 1L);
        modes.add(leaf ? "LEAF" : "BRANCH_LT");
        values.add(leaf ? 0F : tree.value()[n]);
        if (leaf) {
          leafTrees.add((long) t);
          leafNodes.add((long) n);
          leafOutputs.add((long) tree.output());
          leafValues.add(tree.value()[n]);
        }
      }
    }
    return graph.ml(
        "TreeEnsembleRegressor",
        List.of(features),
        wholes("nodes_treeids", treeIds),
        wholes("nodes_nodeids", nodeIds),
        wholes("nodes_featureids", featureIds),
        words("nodes_modes", modes),
        numbers("nodes_values", values),
        wholes("nodes_truenodeids", lower),
        wholes("nodes_falsenodeids", others),
        wholes("nodes_missing_value_tracks_true", missing),
        wholes("target_treeids", leafTrees),
        wholes("target_nodeids", leafNodes),
        wholes("target_ids", leafOutputs),
        numbers("target_weights", leafValues),
        numbers("base_values", forest.base()),
        whole("n_targets", forest.base().size()));
  }

  private String stack(StackCorrection is, String o, @Nullable String networks) {
    String sum = null;
    for (int k = 0; k < is.parts().size(); k++) {
      Method part = is.parts().get(k);
      Correction own = is.corrections().get(part);
      String said = own == null ? Objects.requireNonNull(networks) : apply(own, o, null);
      double[] shares = new double[width];
      for (int c = 0; c < width; c++) {
        shares[c] = is.shares()[c * is.parts().size() + k];
      }
      sum = sum(sum, graph.op("Mul", said, graph.doubles(shares, width)));
    }
    return Objects.requireNonNull(sum);
  }
}
