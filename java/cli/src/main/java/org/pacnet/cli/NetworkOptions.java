package org.pacnet.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Activation;
import org.pacnet.config.Augmentation;
import org.pacnet.config.Cnn;
import org.pacnet.config.LatentDynamics;
import org.pacnet.config.NetworkSpec;
import org.pacnet.config.NeuralOde;
import org.pacnet.config.Normalization;
import org.pacnet.config.Pinn;
import org.pacnet.config.ResNet18;
import org.pacnet.config.Solver;
import org.pacnet.config.TorchScript;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import picocli.CommandLine.Option;

/** The network, and for images what goes into it. */
final class NetworkOptions {

  // Of pieces, each of which has many times.
  private static final int ODE_BATCH = 32;
  private static final int LATENT_BATCH = 128;

  private enum Kind {
    MLP,
    CNN,
    RESNET18,
    ODE,
    LATENT,
    PINN,
    TORCHSCRIPT
  }

  @Option(
      names = "--paper",
      description =
          "Start from the PAC-Net paper's values instead of better ones: relu, a constant learning"
              + " rate of 0.001, --plain.")
  private boolean paper;

  @Option(
      names = "--network",
      paramLabel = "KIND",
      description =
          "mlp (default for tables); for images cnn (default) or resnet18; for trajectories ode, a"
              + " neural ordinary differential equation, or latent, latent dynamics; for points pinn, a physics-informed"
              + " network; torchscript, a module of your own (default with --module)")
  private @Nullable Kind kind;

  @Option(
      names = "--module",
      paramLabel = "FILE",
      description =
          "torchscript: what torch.jit.save wrote, weights and all, for tables or images; it is code, so know where it comes from")
  private @Nullable Path module;

  @Option(
      names = "--head",
      paramLabel = "NAME",
      description =
          "torchscript: the output layer, such as fc or classifier.1, which gets as many outputs as the task has (default: the last"
              + " matrix, if it has as many)")
  private @Nullable String head;

  @Option(
      names = "--hidden",
      split = ",",
      paramLabel = "WIDTH",
      description =
          "mlp, ode, latent, pinn: widths of the hidden layers (default: 128,128,128; ode: 64,64; latent: 128,128; pinn:"
              + " 64,64,64,64)")
  private int @Nullable [] hidden;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      description = "mlp, ode, latent: silu (default), relu, tanh (default of ode), sigmoid or gelu")
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

  @Option(
      names = "--normalize",
      split = ",",
      paramLabel = "NUMBER",
      description =
          "How a network that was trained elsewhere wants images: imagenet, or each channel's mean and then each one's deviation, of"
              + " values from 0 to 1 (default: those of the source's pixels)")
  private @Nullable List<String> normalize;

  @Option(
      names = "--trajectory",
      paramLabel = "COLUMN",
      description =
          "ode, latent: the column that tells trajectories apart; the others are the state, or those that"
              + " --label names")
  private @Nullable String trajectory;

  @Option(
      names = "--time",
      paramLabel = "COLUMN",
      description =
          "ode, latent: the column of times, which increase within a trajectory and may be irregular")
  private @Nullable String time;

  @Option(
      names = "--action",
      split = ",",
      paramLabel = "COLUMN",
      description =
          "ode, latent: columns of what is done from the time of a row until the next one's, such as a force or a valve's position; no part of the state")
  private @Nullable List<String> actions;

  @Option(
      names = "--reward",
      paramLabel = "COLUMN",
      description = "latent: a column to predict that is no part of the state, such as what was gained since the row before")
  private @Nullable String reward;

  @Option(
      names = "--latent-width",
      paramLabel = "WIDTH",
      description = "latent: numbers of the latent state (default: 32)")
  private @Nullable Integer latentWidth;

  @Option(
      names = "--consistency",
      paramLabel = "C",
      description =
          "latent: what it counts that a latent state is where the state then seen is put, beside the states' errors (default: 1; 0: nothing)")
  private @Nullable Double consistency;

  @Option(
      names = "--segment",
      paramLabel = "N",
      description =
          "ode, latent: times that a piece to train on goes on for (default: 20, latent: 5); a batch is of so many"
              + " pieces")
  private @Nullable Integer segment;

  @Option(names = "--driven", description = "ode: The equation depends on the time itself.")
  private boolean driven;

  @Option(
      names = "--substeps",
      paramLabel = "N",
      description = "ode: steps from one time to the next (default: 1)")
  private @Nullable Integer substeps;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      description =
          "ode: take as many steps as keep their error below so much, in deviations of the state; explicitly by Dormand-Prince 5(4) then,"
              + " in the place of RK4")
  private @Nullable Double tolerance;

  @Option(
      names = "--solver",
      paramLabel = "NAME",
      description =
          "ode: explicit (default), or implicit, for stiff equations: where some of what happens is far faster than the times are apart")
  private @Nullable Solver solver;

  @Option(
      names = "--equation",
      paramLabel = "NAME",
      description =
          "pinn: heat, burgers, allen-cahn or wave (see ./pacnet points), or one's own, such as 'u_t + u*u_x = c*u_xx': of u, u_x, u_t, u_xx, u_tt, x, t, c (the"
              + " coefficient), with + - * / ^ and sin, cos, tan, exp, log, sqrt, tanh, abs")
  private @Nullable String equation;

  @Option(
      names = "--condition-weight",
      paramLabel = "W",
      description =
          "pinn: what an error of a known u counts, one of the equation counting 1 (default: 100)")
  private @Nullable Double weight;

  /** The columns to predict where none is named: of trajectories all states. Null where one must be. */
  @Nullable List<String> usualLabels() {
    return kind == Kind.ODE || kind == Kind.LATENT ? List.of() : kind == Kind.PINN ? List.of("u") : null;
  }

  void apply(TransferConfig.Builder builder, Data source) {
    boolean images = source instanceof Data.Images;
    apply(builder, images ? Kind.CNN : Kind.MLP, null);
  }

  /** On top of what the builder has. */
  void apply(TransferConfig.Builder builder) {
    NetworkSpec is = builder.build().network();
    Kind usual =
        is instanceof NeuralOde
            ? Kind.ODE
            : is instanceof LatentDynamics
            ? Kind.LATENT
            : is instanceof Pinn
                ? Kind.PINN
                : is instanceof TorchScript ? Kind.TORCHSCRIPT : is instanceof Cnn ? Kind.CNN : Kind.MLP;
    apply(builder, usual, is);
  }

  private void apply(TransferConfig.Builder builder, Kind usual, @Nullable NetworkSpec is) {
    if (paper) {
      builder.paper();
    }
    Kind wanted = kind != null ? kind : module != null ? Kind.TORCHSCRIPT : usual;
    check(wanted == Kind.TORCHSCRIPT, "torchscript", module, "--module", head, "--head");
    boolean trajectories = wanted == Kind.ODE || wanted == Kind.LATENT;
    check(wanted == Kind.MLP || trajectories, "mlp", activation, "--activation");
    check(wanted == Kind.MLP || trajectories || wanted == Kind.PINN, "mlp", hidden, "--hidden");
    check(wanted == Kind.PINN, "pinn", equation, "--equation", weight, "--condition-weight");
    check(wanted == Kind.MLP, "mlp", dropout, "--dropout");
    check(trajectories, "ode", trajectory, "--trajectory", time, "--time", actions, "--action", segment, "--segment");
    check(wanted == Kind.LATENT, "latent", reward, "--reward", latentWidth, "--latent-width", consistency, "--consistency");
    check(
        wanted == Kind.ODE,
        "ode",
        driven ? true : null,
        "--driven",
        substeps,
        "--substeps",
        tolerance,
        "--tolerance",
        solver,
        "--solver");
    check(wanted == Kind.CNN, "cnn", widths, "--widths");
    check(wanted == Kind.RESNET18, "resnet18", baseWidth, "--base-width");
    switch (wanted) {
      case CNN -> builder.network(new Cnn(widths != null ? widths : List.of(16, 32, 64)));
      case RESNET18 -> builder.network(new ResNet18(baseWidth != null ? baseWidth : 64));
      case MLP -> perceptron(builder);
      case ODE -> builder.fits(f -> f.batchSize(ODE_BATCH)).network(ode(is instanceof NeuralOde own ? own : null));
      case LATENT -> builder.fits(f -> f.batchSize(LATENT_BATCH)).network(latent(is instanceof LatentDynamics own ? own : null));
      case PINN -> builder.network(pinn(is instanceof Pinn own ? own : null));
      case TORCHSCRIPT -> builder.network(torchScript(is instanceof TorchScript own ? own : null));
    }
    builder.images(i -> i.imageSize(imageSize));
    if (normalize != null) {
      builder.images(i -> i.normalize(normalization(normalize)));
    }
    if (augment != null) {
      builder.images(i -> i.augment(augment.toArray(Augmentation[]::new)));
    }
  }

  private void checkColumns(@Nullable NetworkSpec usual, String kind) {
    if (usual == null && (trajectory == null || time == null)) {
      throw new DataException(
          "the network "
              + kind
              + " learns from trajectories: name the columns that tell them apart and that hold the time",
          trajectory == null ? "trajectory" : "time");
    }
  }

  private LatentDynamics latent(@Nullable LatentDynamics usual) {
    checkColumns(usual, "latent");
    LatentDynamics is = usual != null ? usual : LatentDynamics.of(trajectory, time);
    return new LatentDynamics(
        is.trajectory(),
        is.time(),
        segment != null ? segment : is.segment(),
        actions != null ? actions : is.actions(),
        reward != null ? reward : is.reward(),
        latentWidth != null ? latentWidth : is.latent(),
        hiddenOr(is.hidden()),
        activation != null ? activation : is.activation(),
        consistency != null ? consistency : is.consistency());
  }

  private NeuralOde ode(@Nullable NeuralOde usual) {
    checkColumns(usual, "ode");
    NeuralOde is = usual != null ? usual : NeuralOde.of(trajectory, time);
    return new NeuralOde(
        is.trajectory(),
        is.time(),
        segment != null ? segment : is.segment(),
        driven,
        hiddenOr(is.hidden()),
        activation != null ? activation : is.activation(),
        substeps != null ? substeps : is.substeps(),
        tolerance != null ? tolerance : is.tolerance(),
        solver != null ? solver : is.solver(),
        actions != null ? actions : is.actions());
  }

  private Pinn pinn(@Nullable Pinn usual) {
    if (usual == null && equation == null) {
      throw new DataException("the network pinn needs an equation", "equation");
    }
    Pinn is = usual != null ? usual : Pinn.of(equation);
    return new Pinn(is.equation(), hiddenOr(is.hidden()), weight != null ? weight : is.weight());
  }

  private static Normalization normalization(List<String> words) {
    if (words.size() == 1 && words.get(0).equalsIgnoreCase("imagenet")) {
      return Normalization.IMAGENET;
    }
    try {
      List<Double> numbers = words.stream().map(Double::valueOf).toList();
      int channels = numbers.size() / 2;
      return new Normalization(numbers.subList(0, channels), numbers.subList(channels, numbers.size()));
    } catch (NumberFormatException e) {
      throw new DataException("images are normalised by imagenet, or by numbers, and not by " + String.join(",", words), e, "normalize");
    }
  }

  private TorchScript torchScript(@Nullable TorchScript usual) {
    if (module == null && usual == null) {
      throw new DataException("the network torchscript needs its module", "module");
    }
    TorchScript is = module == null ? usual : TorchScript.of(module);
    return head == null ? is : is.withHead(head);
  }

  private List<Integer> hiddenOr(List<Integer> usual) {
    return hidden != null ? Arrays.stream(hidden).boxed().toList() : usual;
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
            String.format(
                Locale.ROOT,
                "%s is for the network %s; choose it by --network %s",
                valuesAndNames[i + 1],
                kind,
                kind));
      }
    }
  }
}
