package org.pacnet.cli;

import java.io.PrintStream;
import java.util.function.Consumer;
import org.pacnet.internal.base.Json;
import picocli.CommandLine.Option;

/** Where results go: text for people, or with {@code --json} one object for machines. */
final class Output {

  @Option(
      names = "--json",
      description = "Print one JSON object on standard output, and nothing else there.")
  private boolean json;

  boolean isJson() {
    return json;
  }

  /** Prints the object with {@code --json}, else runs the text form. */
  void print(Object result, Consumer<PrintStream> text) {
    if (json) {
      System.out.println(Json.compact(result));
    } else {
      text.accept(System.out);
    }
  }
}
