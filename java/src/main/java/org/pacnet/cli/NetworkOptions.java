package org.pacnet.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.Activation;
import org.pacnet.Cnn;
import org.pacnet.ResNet18;
import org.pacnet.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.image.Augmentation;
import picocli.CommandLine.Option;

/** The network, and for images what goes into it. */
final class NetworkOptions {

  private enum Kind {
    MLP,
    CNN,
    RESNET18
  }

  @Option(
      names = "--paper",
      description =
          "Start from the PAC-Net paper's values instead of better ones: relu, a constant learning rate of"
              + " 0.001, --plain.")
  private boolean paper;

  @Option(
      names = "--network",
      paramLabel = "KIND",
      description = "mlp (default for tables); for images cnn (default) or resnet18")
  private @Nullable Kind kind;

  @Option(
      names = "--hidden",
      split = ",",
      paramLabel = "WIDTH",
      description = "mlp: widths of the hidden layers (default: 128,128,128)")
  private int @Nullable [] hidden;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      description = "mlp: silu (default), relu, tanh, sigmoid or gelu")
  private @Nullable Activation activation;

  @Option(
      names = "--dropout",
      paramLabel = "SHARE",
      description = "mlp: share of hidden units dropped in training (default: 0)")
  private @Nullable Double dropout;

  @Option(
      names = "--widths",
      split = ",",
      paramLabel = "WIDTH",
      description = "cnn: channels of each block (default: 16,32,64)")
  private @Nullable List<Integer> widths;

  @Option(
      names = "--base-width",
      paramLabel = "N",
      description = "resnet18: channels of the first stage (default: 64)")
  private @Nullable Integer baseWidth;

  @Option(
      names = "--image-size",
      paramLabel = "PIXELS",
      description =
          "Scale images until the shorter side is that long, and take the middle (default: as they"
              + " are, all of one size)")
  private int imageSize;

  @Option(
      names = "--augment",
      split = ",",
      paramLabel = "HOW",
      description = "Change images at random in training: flip, crop, color")
  private @Nullable List<Augmentation> augment;

  void apply(TransferConfig.Builder builder, Data source) {
    apply(builder, source instanceof Data.Images);
  }

  void apply(TransferConfig.Builder builder, boolean images) {
    if (paper) {
      builder.paper();
    }
    Kind wanted = kind != null ? kind : images ? Kind.CNN : Kind.MLP;
    check(wanted == Kind.MLP, "mlp", hidden, "--hidden", activation, "--activation", dropout, "--dropout");
    check(wanted == Kind.CNN, "cnn", widths, "--widths");
    check(wanted == Kind.RESNET18, "resnet18", baseWidth, "--base-width");
    switch (wanted) {
      case CNN -> builder.network(new Cnn(widths != null ? widths : List.of(16, 32, 64)));
      case RESNET18 -> builder.network(new ResNet18(baseWidth != null ? baseWidth : 64));
      case MLP -> perceptron(builder);
    }
    builder.imageSize(imageSize);
    if (augment != null) {
      builder.augment(augment.toArray(Augmentation[]::new));
    }
  }

  private void perceptron(TransferConfig.Builder builder) {
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

  // An option of another network would be ignored, and whoever gave it would not learn of it.
  private static void check(boolean taken, String kind, @Nullable Object... valuesAndNames) {
    for (int i = 0; i < valuesAndNames.length; i += 2) {
      if (!taken && valuesAndNames[i] != null) {
        throw new DataException(
            "%s is for the network %s; choose it by --network %s"
                .formatted(valuesAndNames[i + 1], kind, kind));
      }
    }
  }
}
