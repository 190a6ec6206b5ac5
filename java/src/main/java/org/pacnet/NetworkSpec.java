package org.pacnet;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What kind of network is trained. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes(@JsonSubTypes.Type(value = Perceptron.class, name = "mlp"))
public sealed interface NetworkSpec permits Perceptron {

  /**
   * The network of this kind for a task, as the native core understands it.
   *
   * @param inputs width of an encoded row
   * @param outputs numbers that it predicts, or classes
   */
  String describe(int inputs, int outputs);
}
