package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pacnet.config.Missing;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Schema;
import org.pacnet.error.ModelFormatException;

class SchemaJsonTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final Schema REGRESSION =
      new Schema(
          List.of(
              new Schema.Input("x", ColumnKind.NUMERIC, List.of(), 0.1, 1.0 / 3, 0.1, new Schema.Range(-1, 2.5)),
              new Schema.Input("c", ColumnKind.CATEGORICAL, List.of("a", "b"), 0, 1, 0, null)),
          List.of(new Schema.Label("y", 5.5, 2.5, new Schema.Range(5, 6)), new Schema.Label("z", 0, 1, null)),
          List.of(),
          Missing.MEAN, Missing.WORDS);

  private static final Schema CLASSIFICATION =
      new Schema(
          List.of(new Schema.Input("x", ColumnKind.NUMERIC, List.of(), 0, 1, 3, null)),
          List.of(new Schema.Label("y", 0, 1, null)),
          List.of("no", "yes"),
          Missing.DROP, Missing.WORDS);

  @Test
  void whatIsWrittenIsReadBackEqual() throws JsonProcessingException {
    for (Schema schema : List.of(REGRESSION, CLASSIFICATION)) {
      assertEquals(schema, MAPPER.readValue(MAPPER.writeValueAsString(schema), Schema.class));
    }
  }

  @Test
  void theJsonHoldsTheComponentsAndNothingDerived() throws JsonProcessingException {
    assertEquals(
        "{\"inputs\":[{\"name\":\"x\",\"kind\":\"NUMERIC\",\"categories\":[],\"mean\":0.0,"
            + "\"std\":1.0,\"fill\":3.0,\"range\":null}],\"labels\":[{\"name\":\"y\",\"mean\":0.0,"
            + "\"std\":1.0,\"range\":null}],"
            + "\"classes\":[\"no\",\"yes\"],\"missing\":\"DROP\","
            + "\"missingWords\":[\"NA\",\"N/A\",\"NULL\",\"null\",\"NaN\",\"nan\"],\"image\":null,\"trajectories\":null}",
        MAPPER.writeValueAsString(CLASSIFICATION));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "\"std\":2.5~\"std\":0.0~no positive standard deviation",
        "\"std\":2.5~\"std\":-1~no positive standard deviation",
        "\"mean\":5.5~\"mean\":\"NaN\"~no finite mean",
        "\"name\":\"z\"~\"name\":\"x\"~column x is there twice",
        "[\"a\",\"b\"]~[\"b\",\"a\"]~not sorted",
        "[\"a\",\"b\"]~[]~no categories",
        "[\"a\",\"b\"]~[\"a\",null]~empty element",
        "\"classes\":[]~\"classes\":[\"u\",\"v\"]~several labels",
      })
  void aDamagedSchemaIsNotReadBack(String part, String damaged, String reason)
      throws JsonProcessingException {
    String json = MAPPER.writeValueAsString(REGRESSION);
    assertTrue(json.contains(part), json);
    JsonProcessingException e =
        assertThrows(
            JsonProcessingException.class,
            () -> MAPPER.readValue(json.replace(part, damaged), Schema.class));
    ModelFormatException cause = assertInstanceOf(ModelFormatException.class, e.getCause());
    assertTrue(cause.getMessage().contains(reason), cause.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"inputs", "labels", "classes", "missing", "kind", "mean", "fill"})
  void aSchemaWithoutOneOfItsFieldsIsNotReadBack(String field) throws JsonProcessingException {
    String json = MAPPER.writeValueAsString(REGRESSION);
    String other = json.replace("\"" + field + "\":", "\"other\":");
    ObjectMapper lenient =
        new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    JsonProcessingException e =
        assertThrows(JsonProcessingException.class, () -> lenient.readValue(other, Schema.class));
    assertTrue(e.getMessage().contains("'" + field + "'"), e.getMessage());
  }

  @Test
  void aSchemaOfOneClassIsNotMade() {
    assertThrows(
        ModelFormatException.class,
        () ->
            new Schema(
                CLASSIFICATION.inputs(), CLASSIFICATION.labels(), List.of("no"), Missing.ERROR, Missing.WORDS));
  }
}
