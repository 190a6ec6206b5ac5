package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.pacnet.cli.Main;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.binding.PacNetLibrary;
import org.pacnet.config.Activation;
import org.pacnet.config.Loss;
import org.pacnet.config.Optimizer;
import org.pacnet.config.Schedule;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitSettings;
import org.pacnet.internal.engine.NativeLibrary;
import org.pacnet.internal.engine.NativeNetwork;

/** What must hold between Java and the core. */
class NativeTest {

  @Test
  void enumsAreInTheOrderOfTheCoresConstants() {
    assertEquals(PacNetLibrary.kRelu, Activation.RELU.ordinal());
    assertEquals(PacNetLibrary.kTanh, Activation.TANH.ordinal());
    assertEquals(PacNetLibrary.kSigmoid, Activation.SIGMOID.ordinal());
    assertEquals(PacNetLibrary.kGelu, Activation.GELU.ordinal());
    assertEquals(PacNetLibrary.kSilu, Activation.SILU.ordinal());
    assertEquals(PacNetLibrary.kMse, Loss.MSE.ordinal());
    assertEquals(PacNetLibrary.kMae, Loss.MAE.ordinal());
    assertEquals(PacNetLibrary.kHuber, Loss.HUBER.ordinal());
    assertEquals(PacNetLibrary.kCrossEntropy, Loss.CROSS_ENTROPY.ordinal());
    assertEquals(PacNetLibrary.kAdam, Optimizer.ADAM.ordinal());
    assertEquals(PacNetLibrary.kAdamW, Optimizer.ADAMW.ordinal());
    assertEquals(PacNetLibrary.kSgd, Optimizer.SGD.ordinal());
    assertEquals(PacNetLibrary.kConstant, Schedule.CONSTANT.ordinal());
    assertEquals(PacNetLibrary.kCosine, Schedule.COSINE.ordinal());
    assertEquals(PacNetLibrary.kLinear, Schedule.LINEAR.ordinal());
  }

  @Test
  void theBlasIsLibtorchsAndHasOneThread() {
    NativeLibrary.Info info = NativeLibrary.info();
    assertTrue(info.blas().contains("OpenBLAS"), info.blas());
    assertEquals(1, info.blasThreads());
  }

  @Test
  void theEnvironmentCanNotGiveTheBlasMoreThreads() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("pacnet.dist") + "/*"));
    command.addAll(List.of("org.pacnet.cli.Main", "doctor", "--json"));
    ProcessBuilder builder = new ProcessBuilder(command);
    for (String variable :
        List.of("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "GOTO_NUM_THREADS")) {
      builder.environment().put(variable, "2");
    }
    Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor());
    assertTrue(out.contains("\"blasThreads\":1,"), out);
  }

  @Test
  void processesThatStartAtOnceShareAnEmptyCache(@TempDir Path cache) throws IOException, InterruptedException {
    List<Process> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      List<String> command =
          Cli.java(List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache), Main.class, "doctor");
      all.add(
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(cache.resolve("out-" + i).toFile())
              .start());
    }
    for (int i = 0; i < all.size(); i++) {
      assertEquals(0, all.get(i).waitFor(), Files.readString(cache.resolve("out-" + i)));
    }
  }

  // Where it does not, LibTorch's initialisers and the process's end meet, and now and then it crashes. Here loading is held up where the cache is unpacked.
  @Test
  void aMistakeDoesNotEndTheProcessWhileLibrariesAreLoaded(@TempDir Path cache) throws IOException, InterruptedException {
    Process process;
    try (FileChannel file = FileChannel.open(cache.resolve("pacnet.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.lock()) {
      assertTrue(lock.isValid());
      List<String> command = Cli.java(List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache), Main.class, "inspect", "--model", "m", "--nonsense");
      process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(cache.resolve("out").toFile()).start();
      for (int wait = 0; wait < 300 && Files.size(cache.resolve("out")) == 0; wait++) {
        Thread.sleep(100);
      }
      assertFalse(process.waitFor(1, TimeUnit.SECONDS), "it ended though a library was still to be loaded");
    }
    assertEquals(2, process.waitFor());
    String said = Files.readString(cache.resolve("out"));
    assertTrue(said.contains("--nonsense"), said);
  }

  // 4.2 MB of parameters each.
  private static NativeNetwork large() {
    return new NativeNetwork("mlp sizes=8,1024,1024,1");
  }

  @Test
  void closedNetworksAndFinishedFitsKeepNoMemory() {
    large().close();
    long before = Pointer.physicalBytes();
    for (int i = 0; i < 200; i++) {
      large().close();
    }
    FitSettings settings = new FitSettings(0, 1, false, 0, 0, 0, 1e-3, 0, 1, 1, 0, 0, false, 0, 1, false, 0);
    try (NativeNetwork network = large()) {
      FitRange all = FitRange.all(network.tensors());
      FloatBuffer x = direct(8);
      FloatBuffer y = direct(1);
      for (int i = 0; i < 60; i++) {
        network.fit(settings, all, x, y, 1, (epoch, train, validation) -> true);
      }
    }
    long grown = Pointer.physicalBytes() - before;
    // Leaked, the networks would be 840 MB and the fits' buffers as much again.
    assertTrue(grown < 200_000_000, "grew by " + grown);
  }

  @Test
  void twoHundredFitsOfAnAutogradNetworkKeepNoMemory() {
    FitSettings settings = new FitSettings(3, 1, false, 0, 0, 0, 1e-3, 0, 1, 8, 0, 0, false, 0, 1, false, 0);
    FloatBuffer x = direct(8 * 3 * 16 * 16);
    FloatBuffer y = direct(8);
    long before = 0;
    for (int i = 0; i < 230; i++) {
      // 0.7 MB of parameters, and several times that of gradients, moments and activations.
      try (NativeNetwork network = new NativeNetwork("resnet18 image=3,16,16 outputs=2 base=8")) {
        network.initialize(i);
        network.fit(
            settings, FitRange.all(network.tensors()), x, y, 8, (epoch, train, validation) -> true);
      }
      if (i == 29) {
        before = Pointer.physicalBytes();
      }
    }
    long grown = Pointer.physicalBytes() - before;
    assertTrue(grown < 60_000_000, "grew by " + grown);
  }

  // On processors without AVX-512 some of these ended the process: see Convolution in native/src/nn/autograd_net.cpp.
  @Test
  void residualNetworksOfEveryWidthLearn() {
    FitSettings settings = new FitSettings(3, 1, false, 0, 0, 0, 1e-3, 0, 1, 16, 0, 0, false, 0, 1, false, 0);
    for (int width = 1; width <= 17; width++) {
      for (int size : new int[] {16, 32}) {
        try (NativeNetwork network =
            new NativeNetwork("resnet18 image=3," + size + "," + size + " outputs=2 base=" + width)) {
          network.initialize(1);
          FloatBuffer x = direct(16 * 3 * size * size);
          for (int i = 0; i < x.capacity(); i++) {
            x.put(i, i % 7 * 0.1f);
          }
          network.fit(
              settings, FitRange.all(network.tensors()), x, direct(16), 16, (epoch, train, validation) -> true);
        }
      }
    }
  }

  @Test
  void forgottenNetworksAreFreedAfterTheirCollection() throws InterruptedException {
    large().close();
    long before = Pointer.totalCount();
    for (int i = 0; i < 20; i++) {
      large().initialize(i);
    }
    long left = Long.MAX_VALUE;
    for (int i = 0; i < 100 && left > before; i++) {
      System.gc();
      Thread.sleep(50);
      left = Pointer.totalCount();
    }
    assertTrue(left <= before, left + " native objects where there were " + before);
  }

  private static FloatBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(4 * floats).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }
}
