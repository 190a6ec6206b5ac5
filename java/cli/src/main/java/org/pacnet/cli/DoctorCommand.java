package org.pacnet.cli;

import org.pacnet.Diagnosis;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;

/** {@code pacnet doctor}. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {"Show versions, loaded libraries, threads and GPU: what a bug report needs.", ""})
final class DoctorCommand implements Runnable {

  /** {@code pacnet --version}. */
  static final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"pacnet " + Diagnosis.version()};
    }
  }

  private static long megabytes(long bytes) {
    return bytes / 1_000_000;
  }

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    Diagnosis diagnosis = Diagnosis.take();
    output.print(
        diagnosis,
        out -> {
          out.println("pacnet        " + diagnosis.pacnet());
          out.println("Java          " + diagnosis.java());
          out.println("LibTorch      " + diagnosis.libtorch());
          out.println("BLAS          " + diagnosis.blas());
          out.println("BLAS threads  " + diagnosis.blasThreads() + " (pacnet does its own threading)");
          out.println(
              "Processors    "
                  + diagnosis.processors()
                  + " of the machine's "
                  + diagnosis.allProcessors()
                  + ", "
                  + diagnosis.cpuCapability()
                  + " loops");
          out.println(
              "Memory        "
                  + megabytes(diagnosis.memory())
                  + " MB, of which at most "
                  + megabytes(diagnosis.heap())
                  + " for Java and "
                  + megabytes(diagnosis.tableMemory())
                  + " for tables being read");
          out.println(
              "Unpacked      "
                  + megabytes(diagnosis.cacheBytes())
                  + " MB of native libraries in "
                  + diagnosis.cache());
          out.println("GPU           " + diagnosis.gpu());
          out.println("Libraries");
          diagnosis.libraries().forEach((name, path) -> out.println("  " + name + "  " + path));
        });
  }
}
