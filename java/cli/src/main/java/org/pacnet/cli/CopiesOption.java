package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import picocli.CommandLine.Option;

/** Over how many changed copies a target's answers are averaged. */
final class CopiesOption {

  @Option(
      names = "--augment-test",
      paramLabel = "N",
      description =
          "Average over each row and N copies of it, changed at random as what the target was trained on was: images of a model with --augment,"
              + " rows of a table with --jitter")
  private @Nullable Integer copies;

  boolean given() {
    return copies != null;
  }

  /** How many; 0 where nobody asked. */
  int count() {
    if (copies == null) {
      return 0;
    }
    if (copies < 1) {
      throw new DataException("the number of changed copies must be at least 1, not " + copies, "augmentTest");
    }
    return copies;
  }
}
