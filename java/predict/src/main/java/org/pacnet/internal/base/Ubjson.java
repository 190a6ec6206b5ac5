package org.pacnet.internal.base;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads Universal Binary JSON (ubjson.org, draft 12), in which XGBoost keeps its models. Strict: nothing is made that the bytes there
 * are can't fill, and nothing is left over.
 */
public final class Ubjson {

  private static final int DEEPEST = 32;

  private final ByteBuffer bytes;

  private Ubjson(byte[] bytes) {
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN);
  }

  /**
   * The value: a Map, a List, a double[] (an array whose numbers are all of one type), a String, a Double, a Long, a Boolean or null.
   *
   * @throws IllegalArgumentException if the bytes are none
   */
  public static @Nullable Object read(byte[] bytes) {
    try {
      Ubjson reader = new Ubjson(bytes);
      Object value = reader.value(reader.marker(), 0);
      if (reader.bytes.hasRemaining()) {
        throw new IllegalArgumentException("there are bytes behind its end");
      }
      return value;
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("it ends early", e);
    }
  }

  private char marker() {
    char marker;
    do {
      marker = (char) (bytes.get() & 0xff);
    } while (marker == 'N');
    return marker;
  }

  private @Nullable Object value(char marker, int depth) {
    if (depth > DEEPEST) {
      throw new IllegalArgumentException("it is nested too deeply");
    }
    return switch (marker) {
      case 'Z' -> null;
      case 'T' -> true;
      case 'F' -> false;
      case 'd', 'D' -> number(marker);
      case 'i', 'U', 'I', 'l', 'L' -> whole(marker);
      case 'C' -> String.valueOf((char) bytes.get());
      case 'S' -> text();
      case '[' -> array(depth);
      case '{' -> object(depth);
      default -> throw new IllegalArgumentException("it has a value of no known type");
    };
  }

  private long whole(char marker) {
    return switch (marker) {
      case 'i' -> bytes.get();
      case 'U' -> bytes.get() & 0xff;
      case 'I' -> bytes.getShort();
      case 'l' -> bytes.getInt();
      case 'L' -> bytes.getLong();
      default -> throw new IllegalArgumentException("it has a length that is no whole number");
    };
  }

  private double number(char marker) {
    return switch (marker) {
      case 'd' -> bytes.getFloat();
      case 'D' -> bytes.getDouble();
      default -> whole(marker);
    };
  }

  private static int size(char marker) {
    return switch (marker) {
      case 'i', 'U' -> 1;
      case 'I' -> 2;
      case 'l', 'd' -> 4;
      case 'L', 'D' -> 8;
      default -> throw new IllegalArgumentException("it has an array of no numbers");
    };
  }

  // Each of so many takes a number of bytes: more can't be there.
  private int count(int size) {
    long count = whole(marker());
    if (count < 0 || count > bytes.remaining() / size) {
      throw new IllegalArgumentException("it claims more than it has");
    }
    return (int) count;
  }

  private String text() {
    byte[] text = new byte[count(1)];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private Object array(int depth) {
    char next = marker();
    if (next == '$') {
      char type = marker();
      if (marker() != '#') {
        throw new IllegalArgumentException("it has an array without a length");
      }
      double[] numbers = new double[count(size(type))];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = number(type);
      }
      return numbers;
    }
    List<@Nullable Object> list = new ArrayList<>();
    if (next == '#') {
      for (int left = count(1); left > 0; left--) {
        list.add(value(marker(), depth + 1));
      }
      return list;
    }
    for (; next != ']'; next = marker()) {
      list.add(value(next, depth + 1));
    }
    return list;
  }

  private Map<String, @Nullable Object> object(int depth) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    char next = marker();
    boolean counted = next == '#';
    int left = counted ? count(1) : 0;
    if (counted && left > 0) {
      next = marker();
    }
    while (counted ? left-- > 0 : next != '}') {
      long length = whole(next);
      if (length < 0 || length > bytes.remaining()) {
        throw new IllegalArgumentException("it claims more than it has");
      }
      byte[] key = new byte[(int) length];
      bytes.get(key);
      map.put(new String(key, StandardCharsets.UTF_8), value(marker(), depth + 1));
      if (!counted || left > 0) {
        next = marker();
      }
    }
    return map;
  }
}
