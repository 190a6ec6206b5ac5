package org.pacnet;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.pacnet.data.EncodedData;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;

/** What kind of network is trained. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Perceptron.class, name = "mlp"),
  @JsonSubTypes.Type(value = Cnn.class, name = "cnn"),
  @JsonSubTypes.Type(value = ResNet18.class, name = "resnet18"),
  @JsonSubTypes.Type(value = NeuralOde.class, name = "ode"),
  @JsonSubTypes.Type(value = Pinn.class, name = "pinn")
})
public sealed interface NetworkSpec permits Perceptron, Cnn, ResNet18, NeuralOde, Pinn {

  /** Units of a layer, at most. */
  int WIDEST = 1 << 20;

  /**
   * The network of this kind for a task, as the native core understands it.
   *
   * @throws DataException if it can't be: images for a network of tables have none, and the other way
   *     round
   */
  default String describe(Schema schema) {
    return describe(schema, schema.outputWidth());
  }

  /** The same with so many outputs. */
  String describe(Schema schema, int outputs);

  /** Whether rows are those of a table and what is predicted of them is the label, so that it can be corrected. */
  default boolean predictsLabels() {
    return false;
  }

  /** Whether its layers say something of a row each, once. */
  default boolean hasFeatures() {
    return true;
  }

  /** What a method's own strength is times: the less noise there is in the labels, the less a pull is good for. */
  default double pullScale() {
    return 1;
  }

  /**
   * Throws a {@link DataException} if a row has numbers that this network has no place for.
   *
   * @param name what messages call the table
   */
  default void check(Schema schema, EncodedData rows, String name) {}

  /** The widths of hidden layers, of which there may be none; throws a {@link DataException} if one is none. */
  static List<Integer> checkedHidden(List<Integer> hidden) {
    if (!hidden.stream().allMatch(w -> w > 0 && w <= WIDEST)) {
      throw new DataException(
          "the hidden layers must each have a width between 1 and " + WIDEST + ", not " + hidden,
          "hidden");
    }
    return List.copyOf(hidden);
  }

  /** Numbers as descriptions list them. */
  static String list(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /** What descriptions of networks for images have in common. */
  static String imageAndOutputs(Schema schema, String kind, int outputs) {
    Schema.Image image = schema.image();
    if (image == null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the network %s is for images, and the source is a table; take mlp",
              kind),
          "network");
    }
    return String.format(
        Locale.ROOT,
        "image=%d,%d,%d outputs=%d",
        image.channels(),
        image.height(),
        image.width(),
        outputs);
  }
}
