package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Augmentation;
import org.pacnet.config.BatchNorm;
import org.pacnet.config.Cnn;
import org.pacnet.config.Method;
import org.pacnet.config.NetworkSpec;
import org.pacnet.config.Normalization;
import org.pacnet.config.ResNet18;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.CancelledException;
import org.pacnet.experiment.Shapes;
import org.pacnet.internal.image.ImageEncoder;
import org.pacnet.result.Monitor;

/** Images through the same phases, files and commands as tables. */
class ImagesTest {

  @TempDir Path folder;

  private Path source() {
    Path source = folder.resolve("source");
    if (!Files.exists(source)) {
      Shapes.writeSource(source, 60, 1);
    }
    return source;
  }

  private Path target() {
    Path target = folder.resolve("target");
    if (!Files.exists(target)) {
      Shapes.writeTarget(target, 20, 2);
    }
    return target;
  }

  private static TransferConfig.Builder quick() {
    return TransferConfig.builder("class").method(Method.PAC)
        .objective(o -> o.task(Task.CLASSIFICATION))
        .network(new Cnn(List.of(4, 6)))
        .source(f -> f.epochs(2))
        .target(f -> f.epochs(3))
        .fits(f -> f.batchSize(16))
        .images(i -> i.augment(Augmentation.FLIP, Augmentation.CROP));
  }

  private Model transfer(TransferConfig config) {
    return Model.transfer(
        Data.images(source()), "t", Data.images(target()), config, new Monitor());
  }

  private static List<String> tree(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).map(f -> directory.relativize(f).toString()).sorted().toList();
    }
  }

  @Test
  void aTransferGoesThroughFilesAndKeepsItsBits() {
    Path directory = folder.resolve("model");
    Data test = Data.images(target());
    for (NetworkSpec network : List.of(new Cnn(List.of(4, 6)), new ResNet18(2))) {
      double[] before;
      double[] source;
      try (Model model = transfer(quick().network(network).build())) {
        before = model.predict("t", test).numbers("probability_round");
        source = model.predict(Data.images(source())).numbers("probability_disk");
        model.save(directory, true);
      }
      try (Model loaded = Model.load(directory)) {
        assertEquals(network, loaded.config().network());
        assertArrayEquals(before, loaded.predict("t", test).numbers("probability_round"));
        assertArrayEquals(source, loaded.predict(Data.images(source())).numbers("probability_disk"));
        assertEquals(
            List.of("prediction", "probability_corners", "probability_round"),
            loaded.predict("t", test).columns());
        assertTrue(loaded.hasOwnClasses("t"));
      }
    }
  }

  @Test
  void aNetworkFromElsewhereHasImagesAsItWantsThem() {
    TransferConfig imagenet = quick().images(i -> i.normalize(Normalization.IMAGENET)).build();
    Path directory = folder.resolve("model");
    try (Model model = Model.train(Data.images(source()), imagenet, new Monitor())) {
      assertEquals(Normalization.IMAGENET.mean(), model.schema().image().mean());
      assertEquals(Normalization.IMAGENET.std(), model.schema().image().std());
      model.save(directory, false);
    }
    try (Model loaded = Model.load(directory)) {
      assertEquals(imagenet.images(), loaded.config().images());
    }
    Object[] train = {"train", "--source", source(), "--label", "class", "--source-epochs", 1, "--out", folder.resolve("out")};
    for (String[] wrong :
        new String[][] {
          {"0.5,0.5", "1 channels, and the images in"},
          {"0.5,x", "not by 0.5,x"},
          {"0.5", "a mean and a deviation of each"},
          {"0.5,0.5,0.5,0,1,1", "above 0, and at most 1, not [0.0, 1.0, 1.0] (--normalize)"}
        }) {
      Cli cli = Cli.run(Cli.and(new Object[] {"--normalize", wrong[0]}, train));
      assertEquals(2, cli.exitCode(), cli::toString);
      assertTrue(cli.err().contains(wrong[1]), cli.err());
    }
    Cli.ok(Cli.and(new Object[] {"--normalize", "0.5,0.5,0.5,0.25,0.25,0.25"}, train));
  }

  // Where classes are alike anyway balancing them changes nothing but the order of a few sums.
  @Test
  void balancedClassesCountTheSame() throws IOException {
    TransferConfig plain = quick().build();
    TransferConfig balanced = quick().objective(o -> o.balanced(true)).build();
    double[] said = probabilities(plain);
    assertArrayEquals(said, probabilities(balanced), 1e-3);
    try (Stream<Path> disks = Files.list(source().resolve("disk"))) {
      for (Path image : disks.sorted().skip(6).toList()) {
        Files.delete(image);
      }
    }
    double rare = Arrays.stream(probabilities(plain)).average().orElseThrow();
    double lifted = Arrays.stream(probabilities(balanced)).average().orElseThrow();
    assertTrue(lifted > 1.3 * rare, "disks: " + rare + ", balanced " + lifted);
  }

  private double[] probabilities(TransferConfig config) {
    TransferConfig longer = config.toBuilder().source(f -> f.epochs(12).learningRate(0.01)).build();
    try (Model model = Model.train(Data.images(source()), longer, new Monitor())) {
      model.prune();
      model.allocate(Data.images(source()), new Monitor());
      return model.predict(Data.images(source())).numbers("probability_disk");
    }
  }

  @Test
  void ofFewImagesTheOutputLayerAloneIsLearnt() {
    TransferConfig usual = quick().method(Method.AUTO).build();
    try (Model model = transfer(usual)) {
      assertEquals(Method.FINETUNE_HEAD, model.config("t").method().kind());
      TransferConfig own = usual.toBuilder().calibrate(c -> c.batchNorm(BatchNorm.PER_TARGET)).build();
      model.calibrate("own", Data.images(target()), own, new Monitor());
      assertEquals(Method.PAC, model.config("own").method().kind());
      List<Method> tried =
          model.tune(Data.images(target()), usual, new Monitor()).trials().stream().map(t -> t.config().method().kind()).toList();
      assertTrue(tried.containsAll(List.of(Method.FINETUNE_HEAD, Method.PAC, Method.SCRATCH)), tried.toString());
    }
  }

  @Test
  void oneGoAndPhaseByPhaseAndAgainGiveTheSameBits() throws IOException {
    Path whole = folder.resolve("whole");
    try (Model model = transfer(quick().build())) {
      model.save(whole, false);
    }
    Path again = folder.resolve("again");
    try (Model model = transfer(quick().build())) {
      model.save(again, false);
    }
    assertEquals(tensors(whole), tensors(again));
    Path stepwise = folder.resolve("stepwise");
    try (Model model = Model.train(Data.images(source()), quick().build(), new Monitor())) {
      model.save(stepwise, false);
    }
    try (Model model = Model.load(stepwise)) {
      model.prune();
      model.save(stepwise, true);
    }
    try (Model model = Model.load(stepwise)) {
      model.allocate(Data.images(source()), new Monitor());
      model.calibrate("t", Data.images(target()), new Monitor());
      model.save(stepwise, true);
    }
    assertEquals(tensors(whole), tensors(stepwise));
  }

  // Names are hashes of contents.
  private static List<String> tensors(Path model) throws IOException {
    return tree(model).stream().filter(f -> f.endsWith(".safetensors")).toList();
  }

  @Test
  void everyCommandWorksOnImages() throws IOException {
    Path model = folder.resolve("model");
    JsonNode transfer =
        Cli.warned("rows that the target was learnt from", "transfer", "--source", source(), "--target", target(), "--test", target(), "--network",
                "resnet18", "--base-width", 2, "--image-size", 16, "--augment", "flip,crop,color",
                "--source-epochs", 1, "--target-epochs", 2, "--name", "t", "--out", model, "--json")
            .json();
    assertEquals(4, transfer.get("phases").size());
    assertTrue(transfer.get("test").get("after").get("accuracy").asDouble() >= 0);
    Path out = folder.resolve("out.csv");
    Cli.ok("predict", "--model", model, "--name", "t", "--input", target(), "--out", out);
    List<String> lines = Files.readAllLines(out);
    assertEquals("path,prediction,probability_corners,probability_round", lines.get(0));
    assertEquals(21, lines.size());
    assertTrue(lines.get(1).startsWith("corners/00000.png,"), lines.get(1));
    // Without classes too.
    Path loose = Files.createDirectories(folder.resolve("loose"));
    Files.copy(target().resolve("round/00001.png"), loose.resolve("some.png"));
    Cli.ok("predict", "--model", model, "--source-task", "--input", loose, "--out", out);
    assertTrue(Files.readAllLines(out).get(1).startsWith("some.png,"));
    assertTrue(
        Cli.warned("rows that the target was learnt from", "evaluate", "--model", model, "--name", "t", "--input", target())
            .out().contains("20 rows"));
    assertTrue(Cli.ok("inspect", "--model", model).out().contains("16 x 16 pixels, 3 channel(s)"));
    Cli.ok("export", "--model", model, "--name", "t", "--out", folder.resolve("w.safetensors"));
    Cli.ok("calibrate", "--model", model, "--target", source(), "--name", "same", "--target-epochs", 1);
  }

  @Test
  void imagesThatDoNotFitTheBudgetAreDecodedAgainWithTheSameBits() throws IOException {
    Path kept = folder.resolve("kept");
    Path streamed = folder.resolve("streamed");
    try (Model model = transfer(quick().build())) {
      model.save(kept, false);
    }
    System.setProperty(ImageEncoder.BUDGET, "0");
    try (Model model = transfer(quick().build())) {
      model.save(streamed, false);
    } finally {
      System.clearProperty(ImageEncoder.BUDGET);
    }
    assertEquals(tensors(kept), tensors(streamed));
  }

  @Test
  void cancelledWhileReadingOrTrainingLeavesNothing() {
    Monitor reading = new Monitor();
    reading.cancel();
    assertThrows(
        CancelledException.class, () -> Model.train(Data.images(source()), quick().build(), reading));
    Monitor[] training = new Monitor[1];
    training[0] = new Monitor(p -> training[0].cancel());
    assertThrows(
        CancelledException.class,
        () -> Model.train(Data.images(source()), quick().build(), training[0]));
  }

  @Test
  void theDemoTellsRoundFromCorners() {
    JsonNode demo = Cli.ok("demo", "images", "--out", folder, "--json").json();
    assertTrue(demo.get("test").get("after").get("accuracy").asDouble() > 0.9, demo.toString());
  }

  @Test
  void aTargetCanHaveNormalisationOfItsOwnAndTheBaseStays() throws IOException {
    Path directory = folder.resolve("model");
    Data data = Data.images(source());
    double[] base;
    double[] frozen;
    double[] own;
    try (Model model = transfer(quick().build())) {
      base = model.predict(data).numbers("probability_disk");
      model.calibrate("frozen", data, model.config().toBuilder().target(f -> f.epochs(2)).build(), new Monitor());
      model.calibrate(
          "own",
          data,
          model.config().toBuilder().target(f -> f.epochs(2)).calibrate(c -> c.batchNorm(BatchNorm.PER_TARGET)).build(),
          new Monitor());
      frozen = model.predict("frozen", data).numbers("probability_disk");
      own = model.predict("own", data).numbers("probability_disk");
      assertFalse(Arrays.equals(frozen, own));
      assertArrayEquals(base, model.predict(data).numbers("probability_disk"));
      // Its own head and its own normalisation together.
      model.calibrate(
          "both",
          Data.images(target()),
          model.config().toBuilder().calibrate(c -> c.batchNorm(BatchNorm.PER_TARGET)).build(),
          new Monitor());
      model.save(directory, false);
    }
    try (Model model = Model.load(directory)) {
      assertArrayEquals(base, model.predict(data).numbers("probability_disk"));
      assertArrayEquals(frozen, model.predict("frozen", data).numbers("probability_disk"));
      assertArrayEquals(own, model.predict("own", data).numbers("probability_disk"));
      assertEquals(20, model.predict("both", Data.images(target())).rows());
    }
    Cli.ok("calibrate", "--model", directory, "--name", "cli", "--target", source(), "--target-epochs", 1,
        "--batch-norm", "per-target");
    assertRefused(
        Cli.run("calibrate", "--model", directory, "--name", "x", "--target", source(), "--batch-norm", "own"),
        "choose from frozen, per-target");
  }

  @Test
  void weightsThatDoNotFitAreListed() throws IOException {
    Path model = folder.resolve("model");
    try (Model trained = transfer(quick().build())) {
      trained.save(model, false);
    }
    Path weights = folder.resolve("w.safetensors");
    Cli.ok("export", "--model", model, "--what", "base", "--out", weights);
    assertRefused(
        train(source(), "--init", weights, "--widths", "4,7"),
        "w.safetensors does not fit the network: blocks.1.conv.weight is F32 [6, 4, 3, 3] instead of F32 (or F16, BF16) [7, 4, 3, 3], "
            + "blocks.1.bn.weight is");
    assertRefused(train(source(), "--init", source().resolve("disk/00001.png")), "00001.png is");
    assertRefused(train(source(), "--source-epochs", 0), "nothing to train (--source-epochs, --init)");
    Cli.ok("train", "--source", source(), "--widths", "4,6", "--init", weights, "--source-epochs", 0, "--out", model,
        "--overwrite");
    Cli.ok("prune", "--model", model);
    assertRefused(
        Cli.run("allocate", "--model", model, "--source", source()), "at least one epoch (--allocate-epochs)");
  }

  // --- Other sets of images ---------------------------------------------------------------------

  private void idx(String name, int count, int labels, boolean zipped) throws IOException {
    ByteArrayOutputStream images = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(images);
    out.writeInt(0x803);
    out.writeInt(count);
    out.writeInt(9);
    out.writeInt(10);
    for (int i = 0; i < count * 90; i++) {
      out.write(i * 7 % 256);
    }
    write(name + "-images-idx3-ubyte", images.toByteArray(), zipped);
    ByteArrayOutputStream classes = new ByteArrayOutputStream();
    out = new DataOutputStream(classes);
    out.writeInt(0x801);
    out.writeInt(labels);
    for (int i = 0; i < labels; i++) {
      out.write(i % 11);
    }
    write(name + "-labels-idx1-ubyte", classes.toByteArray(), zipped);
  }

  private void write(String name, byte[] bytes, boolean zipped) throws IOException {
    Path file = Files.createDirectories(folder.resolve("idx")).resolve(name + (zipped ? ".gz" : ""));
    if (zipped) {
      try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
        out.write(bytes);
      }
    } else {
      Files.write(file, bytes);
    }
  }

  private Cli train(Path source, Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("train", "--source", source, "--out", folder.resolve("trained"), "--overwrite", "--json"));
    words.addAll(Arrays.asList(more));
    if (!words.contains("--widths") && !words.contains("--hidden")) {
      words.addAll(List.of("--widths", "2"));
    }
    if (!words.contains("--source-epochs")) {
      words.addAll(List.of("--source-epochs", 1));
    }
    return Cli.run(words.toArray());
  }

  @Test
  void idxIsReadZippedOrNotByFolderOrFile() throws IOException {
    idx("train", 33, 33, false);
    idx("t10k", 22, 22, true);
    Path idx = folder.resolve("idx");
    Cli trained = train(idx);
    assertEquals(33, trained.json().get("phase").get("data").get("rows").asInt(), trained.toString());
    Cli byFile = train(idx.resolve("t10k-images-idx3-ubyte.gz"));
    assertEquals(22, byFile.json().get("phase").get("data").get("rows").asInt(), byFile.toString());
    Path model = folder.resolve("trained");
    JsonNode tested = Cli.ok("evaluate", "--model", model, "--source-task", "--input", idx, "--json").json();
    assertEquals(22, tested.get("metrics").get("rows").asInt()); // the test part
    try (Model loaded = Model.load(model)) {
      assertEquals("10", loaded.schema().classes().get(10)); // by value, not as text
      assertEquals(1, loaded.schema().image().channels());
    }
  }

  @Test
  void lyingIdxIsRefused() throws IOException {
    Path idx = folder.resolve("idx");
    Path images = idx.resolve("train-images-idx3-ubyte");
    idx("train", 20, 19, false);
    assertRefused(train(idx), "19 labels for the 20 images");
    idx("train", 20, 20, false);
    byte[] sound = Files.readAllBytes(images);
    Files.write(images, Arrays.copyOf(sound, sound.length - 5));
    assertRefused(train(idx), "train-images-idx3-ubyte is shorter than its header says");
    Files.write(images, Arrays.copyOf(sound, sound.length + 1));
    assertRefused(train(idx), "longer than its header says");
    byte[] magic = sound.clone();
    magic[3] = 9;
    Files.write(images, magic);
    assertRefused(train(idx), "no IDX file");
    byte[] huge = sound.clone();
    huge[4] = 0x7f; // two billion images
    Files.write(images, huge);
    assertRefused(train(idx), "shorter than its header says");
    Files.write(images, sound);
    Files.delete(idx.resolve("train-labels-idx1-ubyte"));
    assertRefused(train(idx), "has no labels");
  }

  @Test
  void cifarIsReadInBothForms() throws IOException {
    Path ten = Files.createDirectories(folder.resolve("ten"));
    Files.write(ten.resolve("data_batch_1.bin"), records(12, 1));
    Files.write(ten.resolve("data_batch_2.bin"), records(5, 1));
    Files.write(ten.resolve("test_batch.bin"), records(7, 1));
    Files.writeString(ten.resolve("batches.meta.txt"), "plane\ncar\nbird\n\n");
    Cli trained = train(ten);
    assertEquals(17, trained.json().get("phase").get("data").get("rows").asInt(), trained.toString());
    try (Model loaded = Model.load(folder.resolve("trained"))) {
      assertEquals(List.of("bird", "car", "plane"), loaded.schema().classes());
    }
    Files.write(ten.resolve("data_batch_2.bin"), new byte[3073 * 2 - 1]);
    assertRefused(train(ten), "data_batch_2.bin has 6145 bytes");
    Path hundred = Files.createDirectories(folder.resolve("hundred"));
    Files.write(hundred.resolve("train.bin"), records(9, 2));
    Files.writeString(hundred.resolve("fine_label_names.txt"), "apple\nbear\ncan\n");
    assertEquals(9, train(hundred).json().get("phase").get("data").get("rows").asInt());
    Files.writeString(hundred.resolve("fine_label_names.txt"), "apple\nbear\n");
    assertRefused(train(hundred), "class 2 is none of the 2");
  }

  private static byte[] records(int count, int labelBytes) {
    byte[] all = new byte[count * (3072 + labelBytes)];
    for (int i = 0; i < count; i++) {
      int at = i * (3072 + labelBytes);
      all[at + labelBytes - 1] = (byte) (i % 3);
      for (int p = 0; p < 3072; p++) {
        all[at + labelBytes + p] = (byte) (p * i);
      }
    }
    return all;
  }

  @Test
  void celebAHasAttributesAndParts() throws IOException {
    Path celeba = folder.resolve("celeba");
    Path images = Files.createDirectories(celeba.resolve("img_align_celeba"));
    StringBuilder attributes = new StringBuilder("8\nBald Smiling\n");
    StringBuilder parts = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      String name = "%06d.jpg".formatted(i);
      Files.copy(source().resolve("disk/00001.png"), images.resolve(name));
      attributes.append(name).append(i % 2 == 0 ? " -1  1\n" : " -1 -1\n");
      parts.append(name).append(' ').append(i < 5 ? 0 : 2).append('\n');
    }
    Files.writeString(celeba.resolve("list_attr_celeba.txt"), attributes);
    Files.writeString(celeba.resolve("list_eval_partition.txt"), parts);
    Cli trained = train(celeba, "--label", "Smiling");
    assertEquals(5, trained.json().get("phase").get("data").get("rows").asInt(), trained.toString());
    JsonNode tested =
        Cli.ok("evaluate", "--model", folder.resolve("trained"), "--source-task", "--input", celeba, "--json").json();
    assertEquals(3, tested.get("metrics").get("rows").asInt());
    assertRefused(train(celeba, "--label", "Young"), "no attribute 'Young'; there are Bald, Smiling (--label)");
    assertRefused(train(celeba, "--label", "Bald"), "only the class no");
  }

  // --- Bad input --------------------------------------------------------------------------------

  private void assertRefused(Cli cli, String part) {
    assertEquals(2, cli.exitCode(), cli.toString());
    assertTrue(cli.err().contains(part), cli.toString());
    assertEquals(1, cli.err().lines().count(), cli.toString());
  }

  @Test
  void whatCannotBeTrainedOnIsNamed() throws IOException {
    Path photos = folder.resolve("photos");
    Shapes.writeSource(photos, 10, 1);
    Path trained = folder.resolve("trained");
    Path odd = Files.writeString(photos.resolve("disk/readme.txt"), "hello");
    assertRefused(train(photos), odd + " is no image that can be read");
    Files.delete(odd);
    Path broken = photos.resolve("ring/broken.jpg");
    Files.write(broken, new byte[] {(byte) 0xff, (byte) 0xd8, 1, 2, 3});
    assertRefused(train(photos), broken + " is damaged");
    Files.delete(broken);
    Path empty = Files.createDirectories(photos.resolve("void"));
    assertRefused(train(photos), empty + " has no image");
    Files.delete(empty);
    Path beside = Files.copy(photos.resolve("disk/00001.png"), photos.resolve("beside.png"));
    assertRefused(train(photos), beside + " lies beside the folders");
    Files.delete(beside);
    Path larger = photos.resolve("disk/larger.png");
    Files.copy(Path.of(System.getProperty("pacnet.root"), "tests/fixtures/pictures/colour.png"), larger);
    assertRefused(train(photos), "larger.png has 13 x 9 pixels, others have 28 x 28");
    assertEquals(0, train(photos, "--image-size", 12).exitCode());
    Files.delete(larger);
    assertRefused(train(photos, "--image-size", 8, "--widths", "2,2,2,2"), "too small");
    assertRefused(train(photos, "--task", "regression"), "images are classified");
    assertRefused(train(photos, "--hidden", "4"), "--hidden is for the network mlp");
    Files.writeString(folder.resolve("t.csv"), "x,y\n1,2\n3,4\n");
    assertRefused(
        Cli.run("train", "--source", folder.resolve("t.csv"), "--label", "y", "--network", "cnn", "--out", folder.resolve("no")),
        "for images, and the source is a table");
    assertFalse(Files.exists(folder.resolve("no")));
    Path one = folder.resolve("one");
    Files.createDirectories(one);
    Files.move(photos.resolve("disk"), one.resolve("disk"));
    assertRefused(train(one), "only the class disk");
    assertEquals(2, tree(trained).size(), tree(trained).toString()); // the one that worked
    assertRefused(train(Files.createDirectories(folder.resolve("nothing"))), "has no image");
  }

  @Test
  void imagesAndTablesAreNotMixedUp() throws IOException {
    Path model = folder.resolve("model");
    try (Model trained = transfer(quick().build())) {
      trained.save(model, false);
    }
    Path table = Files.writeString(folder.resolve("t.csv"), "x,y\n1,2\n");
    assertRefused(
        Cli.run("predict", "--model", model, "--name", "t", "--input", table, "--out", folder.resolve("o.csv")),
        "t.csv is a table, but the model was trained on images");
    Path other = folder.resolve("other");
    Cli.ok("train", "--source", Samples.csv(folder.resolve("s.csv"), 30, 0, 1), "--label", "y", "--hidden", 4,
        "--source-epochs", 1, "--out", other);
    assertRefused(
        Cli.run("predict", "--model", other, "--source-task", "--input", source(), "--out", folder.resolve("o.csv")),
        "holds images, but the model was trained on a table");
  }
}
