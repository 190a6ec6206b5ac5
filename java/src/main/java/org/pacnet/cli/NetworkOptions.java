package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.Activation;
import org.pacnet.TransferConfig;
import picocli.CommandLine.Option;

/** The shape of the network. */
final class NetworkOptions {

  @Option(
      names = "--hidden",
      split = ",",
      paramLabel = "WIDTH",
      description = "Widths of the hidden layers (default: 128,128,128)")
  private int @Nullable [] hidden;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      description = "relu (default), tanh, sigmoid, gelu or silu")
  private @Nullable Activation activation;

  @Option(
      names = "--dropout",
      paramLabel = "SHARE",
      description = "Share of hidden units dropped in training (default: 0)")
  private @Nullable Double dropout;

  void apply(TransferConfig.Builder builder) {
    if (hidden != null) {
      builder.hidden(hidden);
    }
    if (activation != null) {
      builder.activation(activation);
    }
    if (dropout != null) {
      builder.dropout(dropout);
    }
  }
}
