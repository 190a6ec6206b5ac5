package org.pacnet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.pacnet.cli.Main;

/** Runs the command line inside the test's JVM and keeps what it prints. */
record Cli(int exitCode, String out, String err) {

  static Cli run(Object... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = arguments[i].toString();
    }
    try (PrintStream newOut = new PrintStream(outBytes, true, StandardCharsets.UTF_8);
        PrintStream newErr = new PrintStream(errBytes, true, StandardCharsets.UTF_8)) {
      System.setOut(newOut);
      System.setErr(newErr);
      int code = Main.run(words);
      return new Cli(
          code,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** Starts a command in a process of its own, which writes to the files stdout and stderr there. */
  static Process start(Path folder, Object... arguments) throws IOException {
    return start(folder, folder.resolve("stdout").toFile(), Main.class, arguments);
  }

  /** The same with another file for standard output. */
  static Process start(Path folder, File stdout, Object... arguments) throws IOException {
    return start(folder, stdout, Main.class, arguments);
  }

  /** The same for another program of the tests' class path. */
  static Process start(Path folder, Class<?> program, Object... arguments) throws IOException {
    return start(folder, folder.resolve("stdout").toFile(), program, arguments);
  }

  private static Process start(Path folder, File stdout, Class<?> program, Object... arguments)
      throws IOException {
    // Where the tests run in the background, a shell may have had their children ignore Ctrl-C.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.addAll(java(List.of(), program, arguments));
    return new ProcessBuilder(command)
        .redirectOutput(stdout)
        .redirectError(folder.resolve("stderr").toFile())
        .start();
  }

  /** The command that starts a program in a JVM of its own, with these options for the JVM. */
  static List<String> java(List<String> options, Class<?> program, Object... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Such a JVM doesn't live long enough for its second compiler to pay.
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("pacnet.dist") + "/*:" + testClasses()));
    command.add(program.getName());
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return command;
  }

  private static Path testClasses() {
    try {
      return Path.of(Cli.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** The arguments, and behind them options that several commands share. */
  static Object[] and(Object[] shared, Object... arguments) {
    return Stream.concat(Arrays.stream(arguments), Arrays.stream(shared)).toArray();
  }

  /** Runs a command that must succeed and has nothing to say on standard error. */
  static Cli ok(Object... arguments) {
    Cli cli = run(arguments);
    if (cli.exitCode() != 0 || !cli.err().isEmpty()) {
      throw new AssertionError(List.of(arguments) + " gave " + cli);
    }
    return cli;
  }

  /** Runs a command that must succeed and says this, in one line, on standard error. */
  static Cli warned(String expected, Object... arguments) {
    Cli cli = run(arguments);
    if (cli.exitCode() != 0 || cli.err().lines().count() != 1 || !cli.err().contains(expected)) {
      throw new AssertionError(List.of(arguments) + " gave " + cli + ", not " + expected);
    }
    return cli;
  }

  /** Runs a command that must end with exit code 2 and one line that says this. */
  static void refused(String expected, Object... arguments) {
    Cli cli = run(arguments);
    if (cli.exitCode() != 2 || cli.err().lines().count() != 1 || !cli.err().contains(expected)) {
      throw new AssertionError(List.of(arguments) + " gave " + cli + ", not " + expected);
    }
  }

  /** Standard output as exactly one JSON object on one line. */
  JsonNode json() {
    try {
      if (out.lines().count() != 1) {
        throw new AssertionError("more than one line: " + out);
      }
      JsonNode node = new ObjectMapper().readTree(out);
      if (!node.isObject()) {
        throw new AssertionError("no object: " + out);
      }
      return node;
    } catch (IOException e) {
      throw new AssertionError(out, e);
    }
  }
}
