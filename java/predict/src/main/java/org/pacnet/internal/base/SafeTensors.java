package org.pacnet.internal.base;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pacnet.error.ModelFormatException;

/**
 * The safetensors format: eight bytes of header length, a JSON header with name, dtype, shape and
 * offsets of each tensor, then the bytes. Reading is strict, as the format's description asks:
 * nothing of the data is used before lengths, offsets, overlaps and dtypes have been checked.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">safetensors</a>
 */
public final class SafeTensors {

  /** The element types that models use, and the halves that weights made elsewhere come in. */
  public enum Dtype {
    F32(4),
    U8(1),
    I64(8),
    F16(2),
    BF16(2);

    private final int bytes;

    Dtype(int bytes) {
      this.bytes = bytes;
    }
  }

  /**
   * A tensor.
   *
   * @param data little-endian, positioned at its first byte; not a copy
   */
  public record Entry(Dtype dtype, List<Long> shape, ByteBuffer data) {

    /** A float tensor; the values are copied. */
    public static Entry floats(List<Long> shape, float[] values, int offset, int size) {
      ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(size, 4));
      data.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values, offset, size);
      return new Entry(Dtype.F32, shape, data);
    }

    /** A one-dimensional float tensor of these values. */
    public static Entry row(float[] values) {
      return floats(List.of((long) values.length), values, 0, values.length);
    }

    /** A one-dimensional byte tensor. */
    public static Entry bytes(byte[] values) {
      return new Entry(Dtype.U8, List.of((long) values.length), ByteBuffer.wrap(values));
    }

    /** A single whole number. */
    public static Entry number(long value) {
      ByteBuffer data = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      return new Entry(Dtype.I64, List.of(), data.putLong(value).flip());
    }

    /** The number of elements. */
    public int size() {
      return data.remaining() / dtype.bytes;
    }

    /** Whether its numbers are floats, or shorter ones that floats hold exactly. */
    public boolean isFloat() {
      return dtype == Dtype.F32 || dtype == Dtype.F16 || dtype == Dtype.BF16;
    }

    /** Copies a tensor that {@link #isFloat} into {@code out} from {@code offset} on. */
    public void copyTo(float[] out, int offset) {
      ByteBuffer own = data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
      if (dtype == Dtype.F32) {
        own.asFloatBuffer().get(out, offset, size());
        return;
      }
      for (int i = 0; i < size(); i++) {
        short bits = own.getShort(own.position() + 2 * i);
        out[offset + i] = dtype == Dtype.BF16 ? Float.intBitsToFloat(bits << 16) : half(bits);
      }
    }

    // IEEE 754 binary16: a sign, five bits of exponent, ten of fraction.
    private static float half(short bits) {
      int exponent = bits >> 10 & 0x1f;
      int fraction = bits & 0x3ff;
      float size =
          switch (exponent) {
            case 0 -> fraction * 0x1p-24f;
            case 0x1f -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
            default -> Math.scalb((float) (0x400 + fraction), exponent - 25);
          };
      return Math.copySign(size, bits);
    }

    /** A copy of the bytes. */
    public byte[] toBytes() {
      byte[] bytes = new byte[data.remaining()];
      data.duplicate().get(bytes);
      return bytes;
    }
  }

  /** A whole file: tensors in file order, and the free-form metadata. */
  public record Contents(Map<String, Entry> tensors, Map<String, String> metadata) {}

  private static final int LENGTH_BYTES = 8;
  private static final long HEADER_LIMIT = 100_000_000;
  private static final String METADATA = "__metadata__";
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private SafeTensors() {}

  /** The bytes of a file with these tensors, in the map's order; the same input, the same bytes. */
  public static byte[] encode(Map<String, Entry> tensors, Map<String, String> metadata) {
    ObjectNode header = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode node = header.putObject(METADATA);
      metadata.forEach(node::put);
    }
    long end = 0;
    for (Map.Entry<String, Entry> tensor : tensors.entrySet()) {
      ObjectNode node = header.putObject(tensor.getKey());
      node.put("dtype", tensor.getValue().dtype().name());
      tensor.getValue().shape().forEach(node.putArray("shape")::add);
      long begin = end;
      end += tensor.getValue().data().remaining();
      node.putArray("data_offsets").add(begin).add(end);
    }
    // Padded with spaces, so that the data begins on a multiple of eight.
    String json = header.toString();
    int unpadded = json.getBytes(StandardCharsets.UTF_8).length;
    byte[] head = (json + " ".repeat((8 - unpadded % 8) % 8)).getBytes(StandardCharsets.UTF_8);
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(LENGTH_BYTES + head.length + end));
    out.order(ByteOrder.LITTLE_ENDIAN).putLong(head.length).put(head);
    tensors.values().forEach(entry -> out.put(entry.data().duplicate()));
    return out.array();
  }

  /** All bytes of a file; a {@link ModelFormatException} names it if that fails. */
  public static byte[] readBytes(Path path) {
    try {
      RegularFiles.check(path);
      if (Files.size(path) > Integer.MAX_VALUE - 64) {
        throw new ModelFormatException(path + " is larger than 2 GiB, which pacnet never writes");
      }
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new ModelFormatException(path + " can't be read: " + AtomicWrite.reason(e), e);
    }
  }

  /** Checks and opens the bytes of a file; {@link ModelFormatException} says what is wrong. {@code name} is what messages call it. */
  public static Contents decode(byte[] bytes, String name) {
    if (bytes.length < LENGTH_BYTES) {
      throw damaged(name, "it is shorter than its own header");
    }
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long length = file.getLong(0);
    if (length < 2 || length > HEADER_LIMIT) {
      throw damaged(name, "its header claims " + Long.toUnsignedString(length) + " bytes");
    }
    if (length > bytes.length - LENGTH_BYTES) {
      throw damaged(name, "it ends inside its header");
    }
    int dataStart = Math.toIntExact(LENGTH_BYTES + length);
    JsonNode header = parse(bytes, Math.toIntExact(length), name);
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, Entry> tensors = new LinkedHashMap<>();
    List<long[]> ranges = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : header.properties()) {
      if (field.getKey().equals(METADATA)) {
        readMetadata(field.getValue(), metadata, name);
      } else {
        Entry entry =
            readEntry(field.getKey(), field.getValue(), file, dataStart, ranges, name);
        tensors.put(field.getKey(), entry);
      }
    }
    checkCoverage(ranges, bytes.length - dataStart, name);
    return new Contents(tensors, metadata);
  }

  private static JsonNode parse(byte[] bytes, int length, String name) {
    try (JsonParser parser = JSON.createParser(bytes, LENGTH_BYTES, length)) {
      JsonNode header = JSON.readTree(parser);
      if (header == null || !header.isObject() || parser.nextToken() != null) {
        throw damaged(name, "its header is not one JSON object");
      }
      return header;
    } catch (IOException e) {
      throw damaged(name, "its header is not valid JSON");
    }
  }

  private static void readMetadata(JsonNode node, Map<String, String> metadata, String name) {
    if (!node.isObject()) {
      throw damaged(name, "its metadata is not an object");
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw damaged(name, "its metadata '" + field.getKey() + "' is not a string");
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
  }

  private static Entry readEntry(
      String tensor,
      JsonNode node,
      ByteBuffer file,
      int dataStart,
      List<long[]> ranges,
      String name) {
    JsonNode offsets = node.path("data_offsets");
    JsonNode shapeNode = node.path("shape");
    if (!node.isObject()
        || node.size() != 3
        || !node.path("dtype").isTextual()
        || !shapeNode.isArray()
        || !offsets.isArray()
        || offsets.size() != 2
        || !isLong(offsets.get(0))
        || !isLong(offsets.get(1))) {
      throw damaged(name, "the header of tensor '" + tensor + "' is not dtype, shape, data_offsets");
    }
    Dtype dtype;
    try {
      dtype = Dtype.valueOf(node.get("dtype").textValue());
    } catch (IllegalArgumentException e) {
      throw damaged(
          name,
          "tensor '" + tensor + "' has dtype " + node.get("dtype").textValue() + ", not F32, F16, BF16, U8 or I64");
    }
    long size = dtype.bytes;
    List<Long> shape = new ArrayList<>();
    for (JsonNode dimension : shapeNode) {
      if (!isLong(dimension) || dimension.longValue() < 0) {
        throw damaged(name, "tensor '" + tensor + "' has a shape that is not whole numbers");
      }
      shape.add(dimension.longValue());
      try {
        size = Math.multiplyExact(size, dimension.longValue());
      } catch (ArithmeticException e) {
        throw damaged(name, "tensor '" + tensor + "' has a shape beyond all bounds");
      }
    }
    long begin = offsets.get(0).longValue();
    long end = offsets.get(1).longValue();
    if (begin < 0 || end < begin || end > file.capacity() - dataStart) {
      throw damaged(name, "tensor '" + tensor + "' lies outside the file: it is truncated");
    }
    if (end - begin != size) {
      throw damaged(
          name,
          "tensor '" + tensor + "' has " + (end - begin) + " bytes where its shape needs " + size);
    }
    ranges.add(new long[] {begin, end});
    ByteBuffer data = file.slice(dataStart + (int) begin, (int) size);
    return new Entry(dtype, List.copyOf(shape), data.order(ByteOrder.LITTLE_ENDIAN));
  }

  private static boolean isLong(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong();
  }

  // The format leaves no gap and no overlap: the tensors are the data, one behind the other.
  private static void checkCoverage(List<long[]> ranges, long dataBytes, String name) {
    ranges.sort(Comparator.<long[]>comparingLong(r -> r[0]).thenComparingLong(r -> r[1]));
    long end = 0;
    for (long[] range : ranges) {
      if (range[0] != end) {
        throw damaged(name, range[0] < end ? "two tensors overlap" : "there is a gap in its data");
      }
      end = range[1];
    }
    if (end != dataBytes) {
      throw damaged(name, (dataBytes - end) + " bytes behind the last tensor");
    }
  }

  private static ModelFormatException damaged(String name, String what) {
    return new ModelFormatException(name + " is no sound safetensors file: " + what);
  }
}
