package org.pacnet.internal.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;

/** An ONNX graph, written operator by operator. Values go by their names; rows are the first dimension of each. */
final class Graph {

  // What has every operator that is used here, and runs in runtimes since 2022.
  private static final int OPSET = 17;
  private static final int ML_OPSET = 3;
  private static final int IR_VERSION = 8;
  private static final String ML = "ai.onnx.ml";
  private static final String ROWS = "rows";

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("pacnet");
  private final Set<String> names = new HashSet<>();
  private final Set<String> columns;
  private int made;

  /**
   * @param columns what will be called by names of their own
   */
  Graph(Collection<String> columns) {
    this.columns = Set.copyOf(columns);
  }

  private void take(String name) {
    if (!names.add(name)) {
      throw new DataException(
          String.format(
              Locale.ROOT, "an input column is called %s, as what comes out of the ONNX file would be: it can't be exported", name));
    }
  }

  /** A column of numbers or texts that goes in, [rows, 1]. */
  String input(String name, DataType type) {
    take(name);
    graph.addInput(value(name, type, 1));
    return name;
  }

  /** Images that go in, [rows, channels, height, width] of bytes from 0 to 255. */
  String images(String name, Schema.Image image) {
    take(name);
    graph.addInput(value(name, DataType.UINT8, image.channels(), image.height(), image.width()));
    return name;
  }

  /** Gives a value, [rows, columns], out under a name. */
  void output(String from, String name, DataType type, int columns) {
    take(name);
    graph.addNode(NodeProto.newBuilder().setOpType("Identity").addInput(from).addOutput(name));
    graph.addOutput(value(name, type, columns));
  }

  private static ValueInfoProto value(String name, DataType type, int... sizes) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder().addDim(Dimension.newBuilder().setDimParam(ROWS));
    for (int size : sizes) {
      shape.addDim(Dimension.newBuilder().setDimValue(size));
    }
    TypeProto.Tensor tensor = TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape.build()).build();
    return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
  }

  private String name() {
    String name;
    do {
      name = "pacnet_" + made++;
    } while (columns.contains(name) || !names.add(name));
    return name;
  }

  private String constant(TensorProto.Builder tensor, long... shape) {
    String name = name();
    graph.addInitializer(tensor.setName(name).addAllDims(LongStream.of(shape).boxed().toList()));
    return name;
  }

  private static ByteBuffer bytes(int count, int each) {
    return ByteBuffer.allocate(Math.multiplyExact(count, each)).order(ByteOrder.LITTLE_ENDIAN);
  }

  String floats(float[] values, long... shape) {
    ByteBuffer bytes = bytes(values.length, Float.BYTES);
    bytes.asFloatBuffer().put(values);
    return constant(TensorProto.newBuilder().setDataType(DataType.FLOAT.getNumber()).setRawData(ByteString.copyFrom(bytes)), shape);
  }

  String doubles(double[] values, long... shape) {
    ByteBuffer bytes = bytes(values.length, Double.BYTES);
    bytes.asDoubleBuffer().put(values);
    return constant(TensorProto.newBuilder().setDataType(DataType.DOUBLE.getNumber()).setRawData(ByteString.copyFrom(bytes)), shape);
  }

  String number(double value) {
    return doubles(new double[] {value});
  }

  String longs(long... values) {
    ByteBuffer bytes = bytes(values.length, Long.BYTES);
    bytes.asLongBuffer().put(values);
    return constant(
        TensorProto.newBuilder().setDataType(DataType.INT64.getNumber()).setRawData(ByteString.copyFrom(bytes)), values.length);
  }

  String texts(List<String> values) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setDataType(DataType.STRING.getNumber());
    values.forEach(value -> tensor.addStringData(ByteString.copyFromUtf8(value)));
    return constant(tensor, values.size());
  }

  /** An operator with one output. */
  String op(String type, List<String> inputs, AttributeProto... attributes) {
    return add(NodeProto.newBuilder().setOpType(type), inputs, attributes);
  }

  String op(String type, String... inputs) {
    return op(type, List.of(inputs));
  }

  /** One of ONNX-ML. */
  String ml(String type, List<String> inputs, AttributeProto... attributes) {
    return add(NodeProto.newBuilder().setOpType(type).setDomain(ML), inputs, attributes);
  }

  /** The largest values of each row, the largest first, [rows, count]. */
  String largest(String value, int count) {
    String name = name();
    graph.addNode(NodeProto.newBuilder().setOpType("TopK").addInput(value).addInput(longs(count)).addOutput(name).addOutput(name()));
    return name;
  }

  private String add(NodeProto.Builder node, List<String> inputs, AttributeProto... attributes) {
    String name = name();
    graph.addNode(node.addAllInput(inputs).addOutput(name).addAllAttribute(Arrays.asList(attributes)));
    return name;
  }

  String cast(String value, DataType type) {
    return op("Cast", List.of(value), whole("to", type.getNumber()));
  }

  /** Side by side. */
  String joined(List<String> columns) {
    return columns.size() == 1 ? columns.get(0) : op("Concat", columns, whole("axis", 1));
  }

  /** Columns [from, to). */
  String columns(String value, int from, int to) {
    return op("Slice", value, longs(from), longs(to), longs(1));
  }

  static AttributeProto whole(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
  }

  static AttributeProto wholes(String name, List<Long> values) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS).addAllInts(values).build();
  }

  static AttributeProto numbers(String name, List<Float> values) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.FLOATS).addAllFloats(values).build();
  }

  static AttributeProto words(String name, List<String> values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.STRINGS)
        .addAllStrings(values.stream().map(ByteString::copyFromUtf8).toList())
        .build();
  }

  /** The model in ONNX's bytes. */
  byte[] model(String version, Map<String, String> metadata) {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("pacnet")
            .setProducerVersion(version)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(ML).setVersion(ML_OPSET))
            .setGraph(graph);
    metadata.forEach((key, value) -> model.addMetadataProps(StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return model.build().toByteArray();
  }
}
