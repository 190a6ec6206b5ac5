package org.pacnet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.Machine;
import org.pacnet.internal.base.Platform;
import org.pacnet.internal.base.Version;
import org.pacnet.internal.engine.NativeLibrary;

/**
 * What runs here: for bug reports, and to see why something is slow.
 *
 * @param pacnet this library's version
 * @param java the JVM's
 * @param libtorch the version that the core was compiled against
 * @param blas what multiplies matrices, and the file it was loaded from
 * @param blasThreads 1, as long as nothing else in the process changes it; −1 if it can't be asked
 * @param processors that this process may use, by its container's quota and its affinity: the default for threads
 * @param allProcessors that the machine has
 * @param cpuCapability the instruction set of the core's own loops, and whether it is capped by PACNET_MAX_ISA
 * @param memory bytes that the machine has, or the container may use
 * @param heap bytes that the JVM's heap may take of it
 * @param tableMemory bytes that DuckDB may take of it
 * @param cache where native libraries are unpacked
 * @param cacheBytes that lie there, of whatever versions
 * @param gpu whether one is used, and if not why
 * @param libraries loaded native libraries that matter, with their files
 */
public record Diagnosis(
    String pacnet,
    String java,
    String libtorch,
    String blas,
    int blasThreads,
    int processors,
    int allProcessors,
    String cpuCapability,
    long memory,
    long heap,
    long tableMemory,
    String cache,
    long cacheBytes,
    String gpu,
    Map<String, String> libraries) {

  /** Loads the core and looks around. */
  public static Diagnosis take() {
    NativeLibrary.Info info = NativeLibrary.info();
    Path cache = NativeLibrary.cache();
    return new Diagnosis(
        version(),
        Runtime.version() + " (" + System.getProperty("java.vm.name") + ")",
        info.libtorch(),
        info.blas(),
        info.blasThreads(),
        Machine.processors(),
        Machine.allProcessors(),
        info.cpuCapability(),
        Machine.memory(),
        Runtime.getRuntime().maxMemory(),
        Machine.tableMemory(),
        String.valueOf(cache),
        size(cache),
        describeGpu(),
        loadedLibraries());
  }

  private static long size(@Nullable Path folder) {
    if (folder == null) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException | UncheckedIOException e) {
      return 0; // somebody else's unpacking is under way
    }
  }

  /** This library's version. */
  public static String version() {
    return Version.PACNET;
  }

  private static String describeGpu() {
    NativeLibrary.Gpu gpu = NativeLibrary.gpu();
    return gpu.usable()
        ? gpu.words() + "; --device cuda, or auto for large steps, trains on it"
        : "not used: " + gpu.words();
  }

  private static Map<String, String> loadedLibraries() {
    Map<String, String> found = new TreeMap<>();
    Platform.mappedFiles().stream()
        // One that another process has unpacked anew since: the file is what it was loaded from.
        .map(path -> path.replaceFirst(" \\(deleted\\)$", ""))
        .filter(path -> path.matches(".*/lib(jnipacnet|pacnet|torch|c10|gomp|openblas|mkl).*"))
        .forEach(path -> found.put(Path.of(path).getFileName().toString(), path));
    return found;
  }
}
