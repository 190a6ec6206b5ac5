package org.pacnet.cli;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.pacnet.io.Json;
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

  /** An object for {@link #print}: names and values in turn. */
  static Map<String, Object> object(Object... namesAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return map;
  }
}
