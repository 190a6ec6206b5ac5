package org.pacnet.internal.engine;

import java.io.File;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;
import org.pacnet.binding.PacNetLibrary;
import org.pacnet.error.DataException;
import org.pacnet.error.DeviceException;
import org.pacnet.error.DivergedException;
import org.pacnet.error.GuaranteeException;
import org.pacnet.error.NativeException;
import org.pacnet.error.PacNetException;
import org.pacnet.internal.base.Causes;
import org.pacnet.internal.base.Platform;

/** Loads the native core once, and is the one place where its errors become exceptions. */
public final class NativeLibrary {

  private static final System.Logger LOG = System.getLogger("org.pacnet");

  private NativeLibrary() {}

  // Loaded when first asked for. What failed is kept, since the JVM would answer every later call
  // with a NoClassDefFoundError that says nothing.
  private static final class Holder {
    static final @Nullable Supplier<PacNetException> FAILURE = tryLoad();
  }

  /**
   * Loads the core and LibTorch, checks that binding and core belong together, and pins the BLAS to
   * one thread: the core does its own threading, and a BLAS pool beside it makes a training step
   * twenty times slower.
   */
  public static void load() {
    Supplier<PacNetException> failure = Holder.FAILURE;
    if (failure != null) {
      throw failure.get();
    }
  }

  // Two processes that find JavaCPP's cache empty unpack into each other's files (bytedeco/javacpp issue 608): one after the
  // other. Where there can be no lock there is nothing to unpack either, or it fails in words of its own.
  private static void loadAlone() {
    try (FileChannel file =
            FileChannel.open(
                Loader.getCacheDir().toPath().resolve("pacnet.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = file.lock()) {
      if (lock.isValid()) {
        Loader.load(PacNetLibrary.class);
      }
    } catch (IOException | OverlappingFileLockException e) {
      LOG.log(Level.DEBUG, "there is no lock to be had on where native libraries are unpacked", e);
      Loader.load(PacNetLibrary.class);
    }
  }

  private static @Nullable Supplier<PacNetException> tryLoad() {
    try {
      loadAlone();
      int binding = PacNetLibrary.kAbiVersion();
      int core = PacNetLibrary.abi_version();
      if (binding != core) {
        String message =
            "the native core has ABI version "
                + core
                + " but its Java binding was built for "
                + binding
                + ": put pacnet's jars of one version on the class path";
        return () -> new NativeException(message);
      }
      PacNetLibrary.pin_blas_threads();
    } catch (LinkageError | RuntimeException e) {
      String message =
          "the native core can't be loaded ("
              + Objects.requireNonNullElseGet(missing(), () -> cause(e))
              + "): pacnet needs Linux on x86-64 with glibc 2.28 or newer, the "
              + Platform.BUILT_FOR
              + " jars of"
              + " pacnet-native, javacpp, openblas and pytorch on the class path, a home or"
              + " temporary folder with 500 MB of room from which libraries may be loaded, and some"
              + " 50 file handles (ulimit -n)";
      return () -> new NativeException(message);
    }
    try {
      // Hands PACNET_MAX_ISA on before LibTorch chooses, and says no where that is nonsense.
      try (BytePointer capability = PacNetLibrary.cpu_capability();
          BytePointer libtorch = PacNetLibrary.libtorch_version()) {
        String loaded = libtorch.getString() + ", " + capability.getString() + " loops, unpacked into " + cache();
        LOG.log(Level.DEBUG, "the native core is loaded: LibTorch {0}", loaded);
      }
      return null;
    } catch (RuntimeException e) {
      PacNetException failure = translate(e);
      return () -> failure;
    }
  }

  // JavaCPP goes on where a library that comes first can't be loaded, and the next one only tells that it lacks that one.
  private static @Nullable String missing() {
    for (String folder : List.of(Platform.BUILT_FOR + "-gpu", Platform.BUILT_FOR)) {
      for (String library : List.of("c10", "torch_cpu")) {
        String resource =
            String.format(Locale.ROOT, "/org/bytedeco/pytorch/%s/lib%s.so", folder, library);
        try {
          File file = Loader.cacheResource(NativeLibrary.class, resource);
          if (file != null) {
            System.load(file.getPath());
          }
        } catch (UnsatisfiedLinkError e) {
          return e.getMessage()
              + (folder.endsWith("-gpu") ? "; the jars for GPUs need CUDA 13 and cuDNN 9" : "");
        } catch (IOException e) {
          return e.toString();
        }
      }
    }
    return null;
  }

  private static String cause(Throwable e) {
    return Causes.root(e).toString().lines().findFirst().orElse("");
  }

  /** Where native libraries are unpacked, of this version and of others; null where there is no such folder. */
  public static @Nullable Path cache() {
    try {
      return Loader.getCacheDir().toPath();
    } catch (IOException e) {
      return null;
    }
  }

  /** What is loaded, for {@code doctor} and for provenance. */
  public record Info(String libtorch, String blas, int blasThreads, String cpuCapability) {}

  /**
   * What is known of a GPU.
   *
   * @param usable whether this build can use it
   * @param words what it is, or why it can't be used and what to do
   */
  public record Gpu(boolean usable, String words) {}

  /** Asks the core; the BLAS description names the file it was loaded from. */
  public static Info info() {
    load();
    try (BytePointer libtorch = PacNetLibrary.libtorch_version();
        BytePointer blas = PacNetLibrary.blas_description();
        BytePointer capability = PacNetLibrary.cpu_capability()) {
      return new Info(
          libtorch.getString(),
          blas.getString(),
          PacNetLibrary.blas_threads(),
          capability.getString());
    }
  }

  /** Asks the driver, where this build has CUDA, which takes a while the first time. */
  public static Gpu gpu() {
    load();
    try (BytePointer words = PacNetLibrary.gpu_status()) {
      return new Gpu(PacNetLibrary.gpu_usable(), words.getString());
    }
  }

  /** The typed exception for what a native call on this thread has just thrown. */
  static PacNetException translate(RuntimeException thrown) {
    String message = String.valueOf(thrown.getMessage());
    return switch (PacNetLibrary.last_error_kind()) {
      case PacNetLibrary.kErrorInvalidArgument -> new DataException(message, thrown);
      case PacNetLibrary.kErrorDiverged -> new DivergedException(message, thrown);
      case PacNetLibrary.kErrorGuarantee -> new GuaranteeException(message, thrown);
      case PacNetLibrary.kErrorDevice -> new DeviceException(message, thrown);
      default -> new NativeException(message, thrown);
    };
  }
}
