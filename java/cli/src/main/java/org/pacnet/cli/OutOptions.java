package org.pacnet.cli;

import picocli.CommandLine.Option;

/** Where a model goes. */
final class OutOptions {

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Directory for the model")
  String out = "";

  @Option(names = "--overwrite", description = "Replace a model that is there already.")
  boolean overwrite;
}
