package org.pacnet.internal.onnx;

import static ai.onnx.proto.OnnxMl.TensorProto.DataType.DOUBLE;
import static ai.onnx.proto.OnnxMl.TensorProto.DataType.FLOAT;
import static org.pacnet.internal.onnx.Graph.whole;
import static org.pacnet.internal.onnx.Graph.wholes;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pacnet.config.Cnn;
import org.pacnet.config.NetworkSpec;
import org.pacnet.data.Schema;
import org.pacnet.internal.format.TensorInfo;

/** The networks for images, as the core has them (nn/cnn.h, nn/resnet.h), in ONNX's operators. */
final class ImageGraph {

  private final Graph graph;
  private final Map<String, TensorInfo> tensors = new HashMap<>();
  private final float[] weights;

  private ImageGraph(Graph graph, List<TensorInfo> tensors, float[] weights) {
    this.graph = graph;
    this.weights = weights;
    tensors.forEach(tensor -> this.tensors.put(tensor.name(), tensor));
  }

  /** Bytes as the network wants them. */
  static String pixels(Graph graph, Schema.Image image) {
    String value = graph.cast(graph.images("image", image), FLOAT);
    return graph.op("Div", graph.op("Sub", value, channels(graph, image.mean())), channels(graph, image.std()));
  }

  private static String channels(Graph graph, List<Double> values) {
    float[] scaled = new float[values.size()];
    for (int c = 0; c < scaled.length; c++) {
      scaled[c] = (float) (values.get(c) * 255);
    }
    return graph.floats(scaled, 1, scaled.length, 1, 1);
  }

  /** What a network says of pixels, double [rows, outputs]. */
  static String network(Graph graph, NetworkSpec network, List<TensorInfo> tensors, float[] weights, String pixels) {
    ImageGraph own = new ImageGraph(graph, tensors, weights);
    String last = network instanceof Cnn cnn ? own.cnn(cnn, pixels) : own.resnet(pixels);
    String mean = graph.op("ReduceMean", List.of(last), wholes("axes", List.of(2L, 3L)), whole("keepdims", 0));
    String said = graph.op("Gemm", List.of(mean, own.tensor("fc.weight"), own.tensor("fc.bias")), whole("transB", 1));
    return graph.cast(said, DOUBLE);
  }

  private String cnn(Cnn cnn, String x) {
    String a = x;
    for (int b = 0; b < cnn.widths().size(); b++) {
      String name = "blocks." + b;
      a = graph.op("MaxPool", List.of(relu(normalised(name + ".bn", convolved(name + ".conv", a, 1)))), twice("kernel_shape", 2), twice("strides", 2));
    }
    return a;
  }

  private String resnet(String x) {
    boolean small = info("conv1.weight").shape().get(2) == 3; // the entrance for small images
    String a = relu(normalised("bn1", convolved("conv1", x, small ? 1 : 2)));
    if (!small) {
      a = graph.op("MaxPool", List.of(a), twice("kernel_shape", 3), twice("strides", 2), wholes("pads", List.of(1L, 1L, 1L, 1L)));
    }
    for (int stage = 1; stage <= 4; stage++) {
      for (int b = 0; b < 2; b++) {
        String name = "layer" + stage + "." + b;
        int stride = stage > 1 && b == 0 ? 2 : 1;
        String inner = relu(normalised(name + ".bn1", convolved(name + ".conv1", a, stride)));
        String outer = normalised(name + ".bn2", convolved(name + ".conv2", inner, 1));
        boolean other = tensors.containsKey(name + ".downsample.0.weight");
        String beside = other ? normalised(name + ".downsample.1", convolved(name + ".downsample.0", a, stride)) : a;
        a = relu(graph.op("Add", outer, beside));
      }
    }
    return a;
  }

  private String relu(String x) {
    return graph.op("Relu", x);
  }

  private String convolved(String name, String x, int stride) {
    long kernel = info(name + ".weight").shape().get(2);
    long around = kernel / 2;
    return graph.op(
        "Conv",
        List.of(x, tensor(name + ".weight")),
        twice("kernel_shape", kernel),
        twice("strides", stride),
        wholes("pads", List.of(around, around, around, around)));
  }

  private String normalised(String name, String x) {
    return graph.op(
        "BatchNormalization",
        List.of(x, tensor(name + ".weight"), tensor(name + ".bias"), tensor(name + ".running_mean"), tensor(name + ".running_var")));
  }

  private static AttributeProto twice(String name, long value) {
    return wholes(name, List.of(value, value));
  }

  private TensorInfo info(String name) {
    TensorInfo info = tensors.get(name);
    if (info == null) {
      throw new IllegalArgumentException("the network has no tensor " + name);
    }
    return info;
  }

  private String tensor(String name) {
    TensorInfo info = info(name);
    float[] own = Arrays.copyOfRange(weights, info.offset(), info.offset() + info.size());
    return graph.floats(own, info.shape().stream().mapToLong(Long::longValue).toArray());
  }
}
