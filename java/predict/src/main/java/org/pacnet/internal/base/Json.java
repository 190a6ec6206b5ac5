package org.pacnet.internal.base;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The one way in which objects become JSON and back: enums in lower case, nothing left unsaid. */
public final class Json {

  /** Strict in reading: unknown, missing and repeated fields are errors. */
  public static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(enumsInLowerCase())
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  // Jackson's own way (EnumFeature.WRITE_ENUMS_TO_LOWERCASE) asks the locale, and a Turkish one makes SILU "s\u0131lu".
  private static SimpleModule enumsInLowerCase() {
    return new SimpleModule().addSerializer(new LowerCase(false)).addKeySerializer(Enum.class, new LowerCase(true));
  }

  @SuppressWarnings("rawtypes") // as Jackson asks for them
  private static final class LowerCase extends StdSerializer<Enum> {
    private static final long serialVersionUID = 1;
    private final boolean key;

    LowerCase(boolean key) {
      super(Enum.class);
      this.key = key;
    }

    @Override
    public void serialize(Enum value, JsonGenerator to, SerializerProvider provider) throws IOException {
      String name = value.name().toLowerCase(Locale.ROOT);
      if (key) {
        to.writeFieldName(name);
      } else {
        to.writeString(name);
      }
    }
  }

  /**
   * The object that a tree stands for. Nulls are errors too, except in components that are declared
   * {@link Nullable}.
   */
  public static <T> T read(JsonNode tree, Class<T> type) throws JsonProcessingException {
    checkNulls(tree, type, "");
    return MAPPER.treeToValue(tree, type);
  }

  private static void checkNulls(JsonNode node, Type type, String path)
      throws JsonProcessingException {
    if (node.isNull()) {
      throw new JsonMappingException(null, path.substring(1) + " is null");
    }
    if (type instanceof Class<?> sealed && sealed.isSealed()) {
      for (Class<?> kind : sealed.getPermittedSubclasses()) {
        checkNulls(node, kind, path); // of which the one that it is has the components that are there
      }
    } else if (type instanceof Class<?> record && record.isRecord()) {
      for (RecordComponent component : record.getRecordComponents()) {
        JsonNode value = node.get(component.getName());
        boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
        if (value != null && !(nullable && value.isNull())) {
          checkNulls(value, component.getGenericType(), path + "." + component.getName());
        }
      }
    } else if (type instanceof ParameterizedType container) {
      Type[] arguments = container.getActualTypeArguments(); // of a list or a map
      int i = 0;
      for (JsonNode element : node) {
        checkNulls(element, arguments[arguments.length - 1], path + "[" + i++ + "]");
      }
    }
  }

  /** Indented, with a line end, for files that people read. */
  public static byte[] pretty(Object value) {
    try {
      return (MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an object of ours has no JSON form", e);
    }
  }

  /** On one line. */
  public static String compact(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an object of ours has no JSON form", e);
    }
  }

  /** What is wrong with a text, in one line without the parser's own notation. */
  public static String reason(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("it is not valid JSON");
  }

  /** An object, of names and values in turn. */
  public static Map<String, Object> object(Object... namesAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return map;
  }
}
