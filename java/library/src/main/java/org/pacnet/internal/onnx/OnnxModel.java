package org.pacnet.internal.onnx;

import static ai.onnx.proto.OnnxMl.TensorProto.DataType.DOUBLE;
import static ai.onnx.proto.OnnxMl.TensorProto.DataType.FLOAT;
import static ai.onnx.proto.OnnxMl.TensorProto.DataType.STRING;
import static org.pacnet.internal.onnx.Graph.whole;
import static org.pacnet.internal.onnx.Graph.words;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Activation;
import org.pacnet.config.Missing;
import org.pacnet.config.NetworkSpec;
import org.pacnet.config.Perceptron;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.Messages;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.HubCorrection;
import org.pacnet.internal.format.TensorInfo;

/**
 * A model of tables or images as one ONNX graph, from raw columns to what is predicted in its unit: each column of numbers goes in as double [rows,
 * 1], each of categories as texts, images as bytes; a label comes out as double [rows, 1], a class as its name and the probabilities of all.
 *
 * @param schema with the target's own classes and inputs
 * @param common how many of its inputs are the source's, the first ones
 * @param network of what kind
 * @param tensors its own
 * @param networks dense weights of one network, of several whose mean counts, or none where only what stands behind the base does
 * @param base the source's weights
 * @param correction what stands behind the base; null for nothing
 */
public record OnnxModel(
    Schema schema,
    int common,
    NetworkSpec network,
    List<TensorInfo> tensors,
    List<float[]> networks,
    float[] base,
    @Nullable Correction correction) {

  private static final String PREDICTION = "prediction";
  private static final double LITTLE = -1e30; // whose softmax is 0

  /** Writes it; throws a {@link DataException} that names what ONNX has no place for. */
  public void write(Path file, String version, Map<String, String> metadata) {
    byte[] bytes = encoded(version, metadata);
    AtomicWrite.file(file, temporary -> Files.write(temporary, bytes));
  }

  private byte[] encoded(String version, Map<String, String> metadata) {
    Graph graph = new Graph(schema.inputs().stream().map(Schema.Input::name).toList());
    Schema.Image image = schema.image();
    String features =
        image != null ? ImageGraph.pixels(graph, image) : graph.joined(schema.inputs().stream().map(input -> column(graph, input)).toList());
    int commonWidth = schema.withFirstInputs(common).inputWidth();
    String ofSource = commonWidth == schema.inputWidth() ? features : graph.columns(features, 0, commonWidth);
    List<String> said = networks.stream().map(weights -> network(graph, ofSource, weights)).toList();
    String outputs = said.isEmpty() ? null : correction instanceof HubCorrection hub ? routed(graph, hub, ofSource, said) : mean(graph, said);
    if ((correction != null && !(correction instanceof HubCorrection)) || outputs == null) {
      String ofBase = network(graph, ofSource, base);
      outputs =
          correction == null
              ? ofBase
              : new CorrectionGraph(graph, features, schema.inputWidth(), ofSource, schema.outputWidth())
                  .apply(correction, ofBase, outputs);
    }
    if (schema.classification()) {
      classes(graph, outputs);
    } else {
      labels(graph, outputs);
    }
    return graph.model(version, metadata);
  }

  private String column(Graph graph, Schema.Input input) {
    return switch (input.kind()) {
      case NUMERIC -> numbers(graph, input);
      case CATEGORICAL -> categories(graph, input);
      case DATE, MOMENT ->
          throw new DataException(
              String.format(
                  Locale.ROOT, "ONNX does not read dates, and column %s has them: it can't be exported", Messages.name(input.name())));
    };
  }

  private String numbers(Graph graph, Schema.Input input) {
    String value = graph.input(input.name(), DOUBLE);
    if (schema.missing() == Missing.MEAN) {
      value = graph.op("Where", graph.op("IsNaN", value), graph.number(input.fill()), value);
    }
    return graph.cast(graph.op("Div", graph.op("Sub", value, graph.number(input.mean())), graph.number(input.std())), FLOAT);
  }

  // One of all is 1; where it is none of them 0 / 0 makes what is predicted no number.
  private static String categories(Graph graph, Schema.Input input) {
    String value = graph.input(input.name(), STRING);
    String places = graph.ml("OneHotEncoder", List.of(value), words("cats_strings", input.categories()), whole("zeros", 1));
    String flat = graph.op("Reshape", places, graph.longs(-1, input.categories().size()));
    return graph.op("Div", flat, graph.op("ReduceSum", List.of(flat, graph.longs(1)), whole("keepdims", 1)));
  }

  private String network(Graph graph, String x, float[] weights) {
    return network instanceof Perceptron perceptron
        ? perceptron(graph, perceptron, x, weights)
        : ImageGraph.network(graph, network, tensors, weights, x);
  }

  private String perceptron(Graph graph, Perceptron perceptron, String x, float[] weights) {
    String value = x;
    for (int t = 0; t < tensors.size(); t += 2) {
      value =
          graph.op(
              "Gemm", List.of(value, tensor(graph, tensors.get(t), weights), tensor(graph, tensors.get(t + 1), weights)), whole("transB", 1));
      if (t + 2 < tensors.size()) {
        value = activated(graph, perceptron.activation(), value);
      }
    }
    return graph.cast(value, DOUBLE);
  }

  private static String tensor(Graph graph, TensorInfo tensor, float[] weights) {
    float[] own = Arrays.copyOfRange(weights, tensor.offset(), tensor.offset() + tensor.size());
    return graph.floats(own, tensor.shape().stream().mapToLong(Long::longValue).toArray());
  }

  private static String activated(Graph graph, Activation activation, String x) {
    return switch (activation) {
      case RELU -> graph.op("Relu", x);
      case TANH -> graph.op("Tanh", x);
      case SIGMOID -> graph.op("Sigmoid", x);
      case SILU -> graph.op("Mul", x, graph.op("Sigmoid", x));
      case GELU -> {
        String root = graph.floats(new float[] {(float) Math.sqrt(0.5)});
        String one = graph.floats(new float[] {1});
        String half = graph.floats(new float[] {0.5F});
        String bell = graph.op("Add", one, graph.op("Erf", graph.op("Mul", x, root)));
        yield graph.op("Mul", graph.op("Mul", half, x), bell);
      }
    };
  }

  // Of numbers the mean, of classes the logarithm of the mean probability.
  private String mean(Graph graph, List<String> members) {
    if (members.size() == 1) {
      return members.get(0);
    }
    boolean classes = schema.classification();
    List<String> terms =
        members.stream().map(m -> classes ? graph.op("Softmax", List.of(m), whole("axis", 1)) : m).toList();
    String sum = terms.get(0);
    for (String term : terms.subList(1, terms.size())) {
      sum = graph.op("Add", sum, term);
    }
    String mean = graph.op("Div", sum, graph.number(terms.size()));
    return classes ? CorrectionGraph.log(graph, mean) : mean;
  }

  // Each by its share: what is below the largest values of the router gets none.
  private static String routed(Graph graph, HubCorrection hub, String features, List<String> members) {
    int each = hub.router().length / members.size();
    double[] bias = new double[members.size()];
    double[] weights = new double[hub.router().length - bias.length];
    for (int k = 0; k < bias.length; k++) {
      bias[k] = hub.router()[k * each];
      for (int i = 1; i < each; i++) {
        weights[k * (each - 1) + i - 1] = hub.router()[k * each + i];
      }
    }
    String x = graph.cast(features, DOUBLE);
    String values =
        graph.op("Gemm", List.of(x, graph.doubles(weights, bias.length, each - 1), graph.doubles(bias, bias.length)), whole("transB", 1));
    String least = graph.columns(graph.largest(values, hub.top()), hub.top() - 1, hub.top());
    String shares = graph.op("Softmax", List.of(graph.op("Where", graph.op("Less", values, least), graph.number(LITTLE), values)), whole("axis", 1));
    String sum = null;
    for (int k = 0; k < bias.length; k++) {
      String term = graph.op("Mul", members.get(k), graph.columns(shares, k, k + 1));
      sum = sum == null ? term : graph.op("Add", sum, term);
    }
    return sum;
  }

  private void labels(Graph graph, String outputs) {
    for (int c = 0; c < schema.labels().size(); c++) {
      Schema.Label label = schema.labels().get(c);
      String own = graph.columns(outputs, c, c + 1);
      String unit = graph.op("Add", graph.number(label.mean()), graph.op("Mul", own, graph.number(label.std())));
      graph.output(unit, PREDICTION + "_" + label.name(), DOUBLE, 1);
    }
  }

  private void classes(Graph graph, String outputs) {
    String p = graph.op("Softmax", List.of(outputs), whole("axis", 1));
    String best = graph.op("ArgMax", List.of(p), whole("axis", 1), whole("keepdims", 1));
    graph.output(graph.op("Gather", graph.texts(schema.classes()), best), PREDICTION, STRING, 1);
    for (int c = 0; c < schema.classes().size(); c++) {
      graph.output(graph.columns(p, c, c + 1), "probability_" + schema.classes().get(c), DOUBLE, 1);
    }
  }
}
