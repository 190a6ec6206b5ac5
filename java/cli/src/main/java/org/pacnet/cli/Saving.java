package org.pacnet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.error.OutputException;
import org.pacnet.error.PacNetException;
import org.pacnet.internal.base.AtomicWrite;

/** Saving at the end of long work: what was trained is not lost because a disk is full. */
final class Saving {

  private Saving() {}

  /**
   * Saves the model in its place, or if that fails in the temporary folder, and then says so in the
   * exception.
   *
   * @return what else lies in the place
   */
  static List<Path> save(ModelPlace place, Model model) {
    try {
      return place.save(model);
    } catch (OutputException e) {
      Path refuge;
      try {
        // Nobody else can have made it, or look into it.
        refuge = Files.createTempDirectory("pacnet-rescued-");
        model.save(refuge, false);
      } catch (PacNetException second) {
        throw new OutputException(
            e.getMessage() + "; the work is lost, for " + second.getMessage(), e);
      } catch (IOException second) {
        throw new OutputException(
            e.getMessage() + "; the work is lost, for " + AtomicWrite.reason(second), e);
      }
      throw new OutputException(e.getMessage() + "; the trained model is in " + refuge, e);
    }
  }

  /** The paths as they go into JSON. */
  static List<String> names(List<Path> paths) {
    return paths.stream().map(Path::toString).toList();
  }
}
