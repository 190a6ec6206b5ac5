package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.cli.Main;

/** What is taken of the machine: as much as this process may have, and no more than it is asked to. */
final class MachineTest {

  @TempDir Path folder;

  // Of a process of its own, behind other commands if there are any.
  private record Run(int exitCode, String out, String err) {}

  private Run run(List<String> before, Map<String, String> environment, List<String> java, Object... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(before);
    command.addAll(Cli.java(java, Main.class, arguments));
    Path err = folder.resolve("stderr");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), out, Files.readString(err));
  }

  private JsonNode doctor(List<String> before, Map<String, String> environment, String... java)
      throws IOException, InterruptedException {
    Run run = run(before, environment, List.of(java), "doctor", "--json");
    assertEquals(0, run.exitCode(), run.err());
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void theAffinityMaskAndTheJvmsOwnCountAreTheDefaultForThreads() throws Exception {
    JsonNode all = doctor(List.of(), Map.of());
    assertEquals(Runtime.getRuntime().availableProcessors(), all.get("processors").asInt());
    assertTrue(all.get("allProcessors").asInt() >= all.get("processors").asInt());
    assumeTrue(all.get("processors").asInt() > 1, "there is only one processor");
    JsonNode one = doctor(List.of("taskset", "-c", "0"), Map.of());
    assertEquals(1, one.get("processors").asInt());
    assertEquals(all.get("allProcessors"), one.get("allProcessors"));
    // As the JVM has it from a container's quota.
    assertEquals(1, doctor(List.of(), Map.of(), "-XX:ActiveProcessorCount=1").get("processors").asInt());
  }

  @Test
  void tablesAndTheHeapHaveRoomBesideEachOther() throws Exception {
    for (String heap : List.of("-Xmx100m", "-Xmx2g")) {
      JsonNode doctor = doctor(List.of(), Map.of(), heap);
      long memory = doctor.get("memory").asLong();
      long tables = doctor.get("tableMemory").asLong();
      assertTrue(tables >= 128L << 20, doctor.toString());
      assertTrue(tables + doctor.get("heap").asLong() < memory || tables == 128L << 20, doctor.toString());
    }
  }

  @Test
  void aLesserInstructionSetIsTakenOnRequestAndLearnsAsWell() throws Exception {
    JsonNode doctor = doctor(List.of(), Map.of("PACNET_MAX_ISA", "sse2"));
    assertTrue(doctor.get("cpuCapability").asText().startsWith("SSE2"), doctor.toString());
    // More than there is does not harm.
    doctor(List.of(), Map.of("PACNET_MAX_ISA", "avx512"));
    Path source = Samples.csv(folder.resolve("source.csv"), 300, 0, 1);
    double[] errors = new double[2];
    for (int i = 0; i < 2; i++) {
      Run run =
          run(
              List.of(),
              i == 0 ? Map.of() : Map.of("PACNET_MAX_ISA", "sse2", "OPENBLAS_CORETYPE", "Nehalem"),
              List.of(),
              "train", "--source", source, "--label", "y", "--hidden", "16,16", "--source-epochs", 30, "--out",
              folder.resolve("model" + i), "--json");
      assertEquals(0, run.exitCode(), run.err());
      errors[i] = new ObjectMapper().readTree(run.out()).at("/phase/after/labels/0/rmse").asDouble();
    }
    assertEquals(errors[0], errors[1], 0.01 * errors[0]);
  }

  @Test
  void anInstructionSetThatIsNoneIsOneLine() throws Exception {
    Run run = run(List.of(), Map.of("PACNET_MAX_ISA", "mmx"), List.of(), "doctor");
    assertEquals(2, run.exitCode(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("PACNET_MAX_ISA must be sse2, avx2 or avx512, not 'mmx'"), run.err());
  }

  @Test
  void whatTheSystemAllowsTooLittleOfIsOneLine() throws Exception {
    Path launcher = Path.of(System.getProperty("pacnet.root"), "pacnet");
    for (String limit : List.of("-n 20", "-v 1000000")) {
      Process process =
          new ProcessBuilder("bash", "-c", "ulimit " + limit + "; exec \"$0\" doctor", launcher.toString()).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(1, process.waitFor(), said);
      assertEquals(1, said.lines().count(), said);
      assertTrue(said.contains("ulimit " + limit.substring(0, 2)), said);
    }
  }

  @Test
  void tooFewFileHandlesAreTheMachinesFault() throws Exception {
    Path source = Samples.csv(folder.resolve("s.csv"), 30, 0, 1);
    for (int handles : new int[] {34, 38, 42}) {
      Run run =
          run(
              List.of("bash", "-c", "ulimit -n " + handles + "; exec \"$0\" \"$@\""), Map.of(), List.of(), "train", "--source", source, "--label",
              "y", "--hidden", "4", "--source-epochs", 1, "--out", folder.resolve("m" + handles));
      assertTrue(run.exitCode() == 1 || run.exitCode() == 0, handles + ": " + run);
      if (run.exitCode() == 1) {
        assertTrue(run.err().contains("pacnet: "), run.err());
      }
    }
  }
}
