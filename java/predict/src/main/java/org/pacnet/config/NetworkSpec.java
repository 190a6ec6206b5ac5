package org.pacnet.config;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
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

  /** The widths of hidden layers, of which there may be none; throws a {@link DataException} if one is none. */
  static List<Integer> checkedHidden(List<Integer> hidden) {
    if (!hidden.stream().allMatch(w -> w > 0 && w <= WIDEST)) {
      throw new DataException(
          "the hidden layers must each have a width between 1 and " + WIDEST + ", not " + hidden,
          "hidden");
    }
    return List.copyOf(hidden);
  }
}
