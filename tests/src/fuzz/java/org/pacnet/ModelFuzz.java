package org.pacnet;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.pacnet.cli.Main;
import org.pacnet.config.Activation;
import org.pacnet.config.Cnn;
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.NeuralOde;
import org.pacnet.config.Solver;
import org.pacnet.config.Perceptron;
import org.pacnet.config.Pinn;
import org.pacnet.config.ResNet18;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.PacNetException;
import org.pacnet.experiment.Shapes;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.internal.base.Sha256;
import org.pacnet.internal.base.Ubjson;
import org.pacnet.predict.RowPredictor;
import org.pacnet.predict.SavedModel;
import org.pacnet.result.Monitor;

/**
 * Models and targets that somebody made up, with every hash as it should be: each is read, and asked if it can be, or refused by one
 * of our own exceptions. tests/fuzz.sh runs them.
 */
final class ModelFuzz {

  private ModelFuzz() {}

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<Method> METHODS =
      List.of(Method.PAC, Method.PAC_ENSEMBLE, Method.PAC_STACK, Method.AFFINE, Method.RIDGE_RESIDUAL, Method.GP, Method.COKRIGING, Method.COKRIGING_BMA, Method.TREES, Method.STACK);

  private static final Map<String, byte[]> PACKS = new TreeMap<>();
  // By kind of network, and then by name.
  private static final Map<String, Map<String, byte[]>> FILES = new TreeMap<>();
  private static final Map<String, Data> ASKED = new TreeMap<>();
  private static Path folder;
  private static Model model;

  private static Data table(int rows, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Object> columns = new LinkedHashMap<>();
    double[] a = random.doubles(rows).toArray();
    String[] c = new String[rows];
    String[] day = new String[rows];
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      c[r] = r % 3 == 0 ? "one" : "two";
      day[r] = "2026-03-%02d 0%d:00".formatted(1 + r % 28, r % 10);
      y[r] = Math.sin(3 * a[r]) + r % 3;
    }
    columns.put("a", a);
    columns.put("c", c);
    columns.put("day", day);
    columns.put("y", y);
    return Data.columns(columns);
  }

  static {
    try {
      folder = Files.createTempDirectory("pacnet-fuzz");
      TransferConfig config =
          TransferConfig.builder("y").columns(c -> c.dates("day")).network(new Perceptron(List.of(4, 4), Activation.SILU, 0)).source(f -> f.epochs(2)).target(f -> f.epochs(2))
              .fits(f -> f.batchSize(16)).build();
      Data source = table(60, 1);
      model = Model.train(source, config, new Monitor());
      model.prune();
      model.allocate(source, new Monitor());
      Path saved = folder.resolve("model");
      for (Method method : METHODS) {
        TransferConfig settings = config.toBuilder().method(of(method)).calibrate(c -> c.intervals(method == Method.PAC)).build();
        model.calibrate(method.toString(), table(12, 2), source, settings, new Monitor());
      }
      PACKS.putAll(model.packTargets(METHODS.stream().map(Method::toString).toList()));
      model.save(saved, false);
      keep("mlp", saved, table(5, 9));
      others();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void keep(String kind, Path saved, Data asked) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(saved)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    FILES.put(kind, files);
    ASKED.put(kind, asked);
  }

  private static void others() throws IOException {
    Path pictures = folder.resolve("pictures");
    Shapes.writeSource(pictures, 20, 1);
    Map<String, Object> states = new LinkedHashMap<>();
    double[] t = new double[60];
    double[] x = new double[60];
    String[] run = new String[60];
    for (int r = 0; r < 60; r++) {
      run[r] = "run" + r / 20;
      t[r] = 0.1 * (r % 20);
      x[r] = Math.cos(t[r] + r / 20.0);
    }
    states.put("run", run);
    states.put("t", t);
    states.put("x", x);
    Path points = folder.resolve("points.csv");
    Main.run("points", "heat", "--coefficient", "0.1", "--points", "40", "--known", "20", "--out", points.toString());
    TransferConfig images = TransferConfig.builder("class").objective(o -> o.task(Task.CLASSIFICATION)).build();
    one("cnn", Data.images(pictures), images.toBuilder().network(new Cnn(List.of(2, 3))));
    one("resnet18", Data.images(pictures), images.toBuilder().network(new ResNet18(1)));
    one("ode", Data.columns(states), TransferConfig.builder("x").network(new NeuralOde("run", "t", 5, false, List.of(4), Activation.TANH, 1, 0, Solver.EXPLICIT, List.of())));
    one(
        "pinn",
        numbers(points),
        TransferConfig.builder("u").network(new Pinn("u_t = c*u_xx - sin(u)", List.of(4, 4), 100)).columns(c -> c.standardizeInputs(false).standardizeLabels(false)));
  }

  // In memory: it is read for each model that is made up.
  private static Data numbers(Path csv) throws IOException {
    List<String> lines = Files.readAllLines(csv);
    String[] names = lines.get(0).split(",", -1);
    Map<String, Object> columns = new LinkedHashMap<>();
    for (int c = 0; c < names.length; c++) {
      int column = c;
      columns.put(
          names[c],
          lines.stream().skip(1).mapToDouble(line -> Double.parseDouble(line.split(",", -1)[column])).toArray());
    }
    return Data.columns(columns);
  }

  private static MethodSpec of(Method method) {
    return method.severalNetworks() ? new MethodSpec.Ensemble(method, null, 2) : MethodSpec.of(method);
  }

  private static void one(String kind, Data source, TransferConfig.Builder settings) throws IOException {
    Path saved = folder.resolve(kind);
    try (Model trained = Model.train(source, settings.source(f -> f.epochs(1).batchSize(16)).build(), new Monitor())) {
      trained.prune();
      trained.allocate(source, new Monitor());
      trained.save(saved, false);
    }
    keep(kind, saved, source);
  }

  // --- What is changed ----------------------------------------------------------------------------------------------

  private static byte[] bytes(byte[] from, FuzzedDataProvider data) {
    byte[] bytes = from.clone();
    for (int changes = data.consumeInt(1, 4); changes > 0; changes--) {
      int at = data.consumeInt(0, bytes.length - 1);
      switch (data.consumeInt(0, 5)) {
        case 0 -> bytes[at] ^= (byte) (1 << data.consumeInt(0, 7));
        case 1 -> bytes[at] = data.consumeByte();
        case 2 -> put(bytes, at, ByteBuffer.allocate(4).putInt(Integer.reverseBytes(data.consumeInt())).array());
        case 3 -> put(bytes, at, ByteBuffer.allocate(4).putInt(data.pickValue(new int[] {0x7fffffff, 0x7ffffff0, -1, 0, 0x7f800000, 0x7f7fffff})).array());
        case 4 -> put(bytes, at, ByteBuffer.allocate(4).putInt(Integer.reverseBytes(Float.floatToIntBits(data.pickValue(new float[] {1e38f, -1e38f, Float.NaN, Float.POSITIVE_INFINITY, -1, 0, 1e-38f})))).array());
        default -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
      }
    }
    return bytes;
  }

  private static void put(byte[] to, int at, byte[] what) {
    System.arraycopy(what, 0, to, at, Math.min(what.length, to.length - at));
  }

  private static JsonNode anything(FuzzedDataProvider data) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    return switch (data.consumeInt(0, 11)) {
      case 0 -> nodes.nullNode();
      case 1 -> nodes.numberNode(data.consumeInt());
      case 2 -> nodes.numberNode(data.pickValue(new double[] {1e300, -1e300, 1e-300, -1, 0.5, 0, 1e10}));
      case 3 -> nodes.textNode(data.consumeString(12));
      case 4 -> nodes.textNode(data.pickValue(new String[] {"", "../../x", "\0", "NaN", "1e400", "pac", "0".repeat(64), "\ud800"}));
      case 5 -> nodes.booleanNode(data.consumeBoolean());
      case 6 -> nodes.arrayNode();
      case 7 -> nodes.objectNode();
      case 8 -> nodes.arrayNode().add(data.consumeInt());
      case 9 -> nodes.objectNode().put("zz", "../../x");
      case 10 -> nodes.numberNode(data.consumeLong());
      default -> nodes.numberNode(Integer.MAX_VALUE);
    };
  }

  private static List<JsonNode> containers(JsonNode root) {
    List<JsonNode> found = new ArrayList<>(List.of(root));
    for (int i = 0; i < found.size(); i++) {
      found.get(i).forEach(child -> {
        if (child.isContainerNode() && !child.isEmpty()) {
          found.add(child);
        }
      });
    }
    return found;
  }

  private static ObjectNode json(byte[] from, FuzzedDataProvider data) throws IOException {
    ObjectNode root = (ObjectNode) JSON.readTree(from);
    for (int changes = data.consumeInt(1, 3); changes > 0; changes--) {
      List<JsonNode> places = containers(root);
      JsonNode place = places.get(data.consumeInt(0, places.size() - 1));
      if (place.isEmpty()) {
        continue;
      }
      int which = data.consumeInt(0, place.size() - 1);
      int how = data.consumeInt(0, 4);
      if (place instanceof ObjectNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        if (how == 0) {
          object.remove(names.get(which));
        } else {
          object.set(how == 1 ? data.consumeString(6) : names.get(which), anything(data));
        }
      } else if (place instanceof ArrayNode array) {
        if (how == 0) {
          array.remove(which);
        } else if (how == 1) {
          array.add(array.get(which));
        } else {
          array.set(which, anything(data));
        }
      }
    }
    return root;
  }

  // --- Where it goes ------------------------------------------------------------------------------------------------

  /** target.json and its tensors, of every kind of target. */
  static final class Target {
    private Target() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) throws IOException {
      ByteBuffer pack = ByteBuffer.wrap(PACKS.get(data.pickValue(METHODS).toString()));
      byte[] text = new byte[pack.getInt()];
      byte[] tensors = new byte[pack.remaining() - text.length];
      pack.get(text).get(tensors);
      boolean ofJson = data.consumeInt(0, 3) == 0;
      ObjectNode json = ofJson ? json(text, data) : (ObjectNode) JSON.readTree(text);
      if (!ofJson) {
        tensors = bytes(tensors, data);
      }
      if (json.get("sha256") instanceof ObjectNode hashes && hashes.has("pruned")) {
        hashes.put("pruned", Sha256.hex(tensors));
      }
      byte[] whole = ModelFilesTest.packed(ModelFilesTest.sealed(json), tensors);
      try {
        model.unpackTargets(List.of(whole));
        model.predict(json.path("name").asText(), ASKED.get("mlp"));
      } catch (PacNetException expected) {
        // It was refused.
      }
    }
  }

  /** model.json and its tensors. */
  static final class WholeModel {
    private WholeModel() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) throws IOException {
      Path place = folder.resolve("made-up");
      Files.createDirectories(place);
      String network = data.pickValue(List.copyOf(FILES.keySet()));
      Map<String, byte[]> from = FILES.get(network);
      byte[] text = from.get("model.json");
      ObjectNode json = data.consumeBoolean() ? json(text, data) : (ObjectNode) JSON.readTree(text);
      Map<String, byte[]> files = new TreeMap<>();
      for (String kind : List.of("source", "mask", "base")) {
        String name = from.keySet().stream().filter(f -> f.startsWith(kind + "-")).findFirst().orElseThrow();
        byte[] tensors = data.consumeInt(0, 3) == 0 ? bytes(from.get(name), data) : from.get(name);
        String hash = Sha256.hex(tensors);
        if (json.get("sha256") instanceof ObjectNode hashes && hashes.has(kind)) {
          hashes.put(kind, hash);
        }
        files.put(kind + "-" + hash.substring(0, 16) + ".safetensors", tensors);
      }
      files.put("model.json", ModelFilesTest.sealed(json));
      try {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
          Files.write(place.resolve(file.getKey()), file.getValue());
        }
        try (Model read = Model.load(place)) {
          read.predict(ASKED.get(network));
        } catch (PacNetException expected) {
          // It was refused.
        }
        // Also what the core has refused: this reads by itself.
        RowPredictor rows = SavedModel.open(place).source();
        rows.predict(new double[rows.inputs().size()]);
      } catch (PacNetException expected) {
        // It was refused.
      } finally {
        try (Stream<Path> left = Files.list(place)) {
          for (Path file : left.toList()) {
            Files.deleteIfExists(file);
          }
        }
      }
    }
  }

  /** Bytes that say they are safetensors. */
  static final class SafetensorsBytes {
    private SafetensorsBytes() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
      byte[] bytes = data.consumeBoolean() ? bytes(FILES.get("mlp").values().iterator().next(), data) : data.consumeRemainingAsBytes();
      try {
        SafeTensors.decode(bytes, "made up");
      } catch (PacNetException expected) {
        // It was refused.
      }
    }
  }

  /** Bytes that say they are UBJSON, as trees are. */
  static final class UbjsonBytes {
    private UbjsonBytes() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
      try {
        Ubjson.read(data.consumeRemainingAsBytes());
      } catch (IllegalArgumentException expected) {
        // It was refused.
      }
    }
  }
}
