package org.pacnet;

import java.nio.file.Path;

/** Saves one model and another over it for ever, and in between a target, until it is killed. */
public final class SaveLoop {

  private SaveLoop() {}

  /** Arguments: the two models, the place. */
  public static void main(String[] arguments) {
    Model[] models = {Model.load(Path.of(arguments[0])), Model.load(Path.of(arguments[1]))};
    Path place = Path.of(arguments[2]);
    for (int i = 0; ; i++) {
      models[i % 2].save(place, true);
      models[i % 2].saveTarget(place, "t", true);
      if (i == 0) {
        System.out.println("saving");
        System.out.flush();
      }
    }
  }
}
