package org.pacnet.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.AtomicWrite;

/** Options from a file, as if they were given. */
final class ConfigFile {

  private static final String OPTION = "--config";

  private ConfigFile() {}

  /** The arguments, and behind them the options of the file that --config names but for those given. */
  static String[] expand(String... arguments) {
    int at = Arrays.asList(arguments).indexOf(OPTION);
    if (at < 0 || at + 1 == arguments.length) {
      return arguments;
    }
    Path file = Path.of(arguments[at + 1]);
    Properties lines = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      lines.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      String why = e instanceof IOException io ? AtomicWrite.reason(io) : e.getMessage();
      throw new DataException(file + " can't be read: " + why, e);
    }
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    for (String key : new TreeSet<>(lines.stringPropertyNames())) {
      String option = "--" + key;
      boolean there = all.stream().anyMatch(a -> a.equals(option) || a.startsWith(option + "="));
      if (!there) {
        String value = lines.getProperty(key).strip();
        // A flag has no value.
        if (value.equals("true") || value.isEmpty()) {
          all.add(option);
        } else if (!value.equals("false")) {
          all.add(option + "=" + value);
        }
      }
    }
    return all.toArray(String[]::new);
  }
}
