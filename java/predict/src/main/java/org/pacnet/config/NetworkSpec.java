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
  @JsonSubTypes.Type(value = LatentDynamics.class, name = "latent"),
  @JsonSubTypes.Type(value = Pinn.class, name = "pinn"),
  @JsonSubTypes.Type(value = TorchScript.class, name = "torchscript")
})
public sealed interface NetworkSpec permits Perceptron, Cnn, ResNet18, TrajectoryNetwork, Pinn, TorchScript {

  /** Units of a layer, at most. */
  int WIDEST = 1 << 20;

  /** Whether of a row of a table it predicts the label, so that this can be corrected. */
  default boolean predictsLabels() {
    return false;
  }

  /** Whether it is known what its layers say of a row, each once. */
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
