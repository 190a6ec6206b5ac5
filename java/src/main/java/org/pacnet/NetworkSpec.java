package org.pacnet;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
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
    return this instanceof Perceptron;
  }

  /** Whether its layers say something of a row each, once. */
  default boolean hasFeatures() {
    return !(this instanceof NeuralOde || this instanceof Pinn);
  }

  /**
   * Throws a {@link DataException} if a row has numbers that this network has no place for.
   *
   * @param name what messages call the table
   */
  default void check(Schema schema, EncodedData rows, String name) {}

  /** What descriptions of networks for images have in common. */
  static String imageAndOutputs(Schema schema, String kind, int outputs) {
    Schema.Image image = schema.image();
    if (image == null) {
      throw new DataException(
          "the network %s is for images, and the source is a table; take mlp".formatted(kind),
          "network");
    }
    return "image=%d,%d,%d outputs=%d"
        .formatted(image.channels(), image.height(), image.width(), outputs);
  }
}
