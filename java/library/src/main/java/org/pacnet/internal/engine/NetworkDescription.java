package org.pacnet.internal.engine;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.BytePointer;
import org.pacnet.binding.ScriptModule;
import org.pacnet.config.Cnn;
import org.pacnet.config.LatentDynamics;
import org.pacnet.config.ModuleFile;
import org.pacnet.config.NetworkSpec;
import org.pacnet.config.NeuralOde;
import org.pacnet.config.Perceptron;
import org.pacnet.config.Pinn;
import org.pacnet.config.ResNet18;
import org.pacnet.config.Solver;
import org.pacnet.config.TorchScript;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;

/** A network for a task, in the words that the native core understands. */
public final class NetworkDescription {

  private NetworkDescription() {}

  /**
   * The network of that kind for a task.
   *
   * @throws DataException if it can't be: images for a network of tables have none, and the other way
   *     round
   */
  public static String of(NetworkSpec network, Schema schema) {
    return of(network, schema, schema.outputWidth());
  }

  /**
   * The network itself.
   *
   * @param outputs how many it has
   */
  public static NativeNetwork network(NetworkSpec network, Schema schema, int outputs) {
    return made(network, of(network, schema, outputs));
  }

  /**
   * A hub of several such networks.
   *
   * @param top how many of them a row is given to
   */
  public static NativeNetwork hub(NetworkSpec network, Schema schema, int members, int top, double explore, double noise) {
    String hub = String.format(Locale.ROOT, "hub members=%d top=%d explore=%s noise=%s of ", members, top, explore, noise);
    return made(network, hub + of(network, schema));
  }

  /**
   * Such a network that several others teach.
   *
   * @param strength how much being like them counts
   * @param least how much each of them does, at least
   */
  public static NativeNetwork taught(NetworkSpec network, Schema schema, int teachers, double strength, double least) {
    String taught = String.format(Locale.ROOT, "taught teachers=%d strength=%s least=%s of ", teachers, strength, least);
    return made(network, taught + of(network, schema));
  }

  private static NativeNetwork made(NetworkSpec network, String description) {
    if (network instanceof Pinn) {
      try {
        return new NativeNetwork(description);
      } catch (DataException e) {
        throw new DataException(e.getMessage(), e, "equation");
      }
    }
    if (!(network instanceof TorchScript own)) {
      return new NativeNetwork(description);
    }
    ScriptModule module = Modules.of(own.module());
    try {
      return new NativeNetwork(description, module);
    } catch (DataException e) {
      throw Modules.of(own.module(), e);
    }
  }

  /** How many parameters it has, without making it; where the network is a module's, as the module came. */
  public static long parameterCount(NetworkSpec network, Schema schema, int outputs) {
    String description = of(network, schema, outputs);
    return network instanceof TorchScript own ? Modules.of(own.module()).parameter_count() : NativeNetwork.parameterCount(description);
  }

  /** Of a module what a model keeps: the code without the weights. */
  public static byte[] code(ModuleFile file) {
    ScriptModule module = Modules.of(file);
    byte[] code = new byte[Math.toIntExact(module.code_size())];
    module.get_code(code, code.length);
    return code;
  }

  /** What was changed of a module as it was read, in words; empty: nothing. */
  public static String notes(ModuleFile file) {
    try (BytePointer notes = Modules.of(file).notes()) {
      return notes.getString();
    }
  }

  /** The same with so many outputs. */
  static String of(NetworkSpec network, Schema schema, int outputs) {
    if (network instanceof Perceptron mlp) {
      return perceptron(mlp, schema.inputWidth(), outputs);
    }
    if (network instanceof Cnn cnn) {
      return String.format(Locale.ROOT, "cnn %s widths=%s", image(schema, "cnn", outputs), list(cnn.widths()));
    }
    if (network instanceof ResNet18 resnet) {
      return String.format(Locale.ROOT, "resnet18 %s base=%d", image(schema, "resnet18", outputs), resnet.baseWidth());
    }
    if (network instanceof NeuralOde ode) {
      return ode(ode, trajectories(schema, "ode"));
    }
    if (network instanceof LatentDynamics latent) {
      return latent(latent, schema.labels().size(), trajectories(schema, "latent"));
    }
    return network instanceof TorchScript own ? torchScript(own, schema, outputs) : pinn((Pinn) network, schema, outputs);
  }

  private static String torchScript(TorchScript own, Schema schema, int outputs) {
    if (schema.trajectories() != null) {
      throw new DataException("the network torchscript is for tables and images", "network");
    }
    String row =
        schema.image() == null
            ? String.format(Locale.ROOT, "inputs=%d outputs=%d", schema.inputWidth(), outputs)
            : image(schema, "torchscript", outputs);
    return "torchscript " + row + (own.head() == null ? "" : " head=" + own.head());
  }

  private static String perceptron(Perceptron mlp, int inputs, int outputs) {
    String widths = mlp.hidden().stream().map(width -> width + ",").collect(Collectors.joining());
    return String.format(
        Locale.ROOT,
        "mlp sizes=%d,%s%d activation=%s dropout=%s",
        inputs,
        widths,
        outputs,
        mlp.activation().name().toLowerCase(Locale.ROOT),
        mlp.dropout());
  }

  // What networks for images have in common.
  private static String image(Schema schema, String kind, int outputs) {
    Schema.Image image = schema.image();
    if (image == null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the network %s is for images, and the source is a table; take mlp",
              kind),
          "network");
    }
    return String.format(
        Locale.ROOT,
        "image=%d,%d,%d outputs=%d",
        image.channels(),
        image.height(),
        image.width(),
        outputs);
  }

  private static Schema.Trajectories trajectories(Schema schema, String kind) {
    Schema.Trajectories trajectories = schema.trajectories();
    if (trajectories == null) {
      throw new DataException("the network " + kind + " is for trajectories", "network");
    }
    return trajectories;
  }

  private static String latent(LatentDynamics latent, int labels, Schema.Trajectories trajectories) {
    return String.format(
        Locale.ROOT,
        "latent states=%d labels=%d actions=%d steps=%d latent=%d hidden=%s activation=%s consistency=%s",
        trajectories.states(),
        labels,
        trajectories.actions().size(),
        trajectories.steps(),
        latent.latent(),
        list(latent.hidden()),
        latent.activation().name().toLowerCase(Locale.ROOT),
        latent.consistency());
  }

  private static String ode(NeuralOde ode, Schema.Trajectories trajectories) {
    return String.format(
        Locale.ROOT,
        "ode states=%d actions=%d steps=%d time=%d hidden=%s activation=%s substeps=%d tolerance=%s implicit=%d",
        trajectories.states(),
        trajectories.actions().size(),
        trajectories.steps(),
        ode.driven() ? 1 : 0,
        list(ode.hidden()),
        ode.activation().name().toLowerCase(Locale.ROOT),
        ode.substeps(),
        ode.tolerance(),
        ode.solver() == Solver.IMPLICIT ? 1 : 0);
  }

  private static String pinn(Pinn pinn, Schema schema, int outputs) {
    List<String> names = schema.inputs().stream().map(Schema.Input::name).toList();
    boolean numbers = schema.inputs().stream().allMatch(input -> input.kind() == ColumnKind.NUMERIC);
    if (names.size() != Pinn.COLUMNS.size() || !names.containsAll(Pinn.COLUMNS) || !numbers || outputs != 1) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the network pinn takes the columns %s, all numbers, and one label; the source has"
                  + " %s",
              String.join(", ", Pinn.COLUMNS),
              String.join(", ", names)),
          "network");
    }
    return String.format(
        Locale.ROOT,
        "pinn equation=%s hidden=%s columns=%s weight=%s",
        pinn.equation(),
        list(pinn.hidden()),
        list(Pinn.COLUMNS.stream().map(names::indexOf).toList()),
        pinn.weight());
  }

  private static String list(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }
}
