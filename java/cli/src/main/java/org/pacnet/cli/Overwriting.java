package org.pacnet.cli;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** No command writes onto a file that it reads, nor onto one of a model's. */
final class Overwriting {

  private static final List<String> WRITTEN = List.of("--out", "--report");
  private static final String MODEL = "model.json";
  private static final int DEEPEST = 3; // folders between a model's directory and its files

  private Overwriting() {}

  /**
   * Looks at what was given to a command.
   *
   * @throws DataException that names option and file
   */
  static void check(ParseResult command) {
    for (OptionSpec option : command.matchedOptions()) {
      if (!WRITTEN.contains(option.longestName()) || !option.paramLabel().startsWith("FILE")) {
        continue; // a directory of a model is changed in one step, and says itself what it replaces
      }
      for (String text : option.originalStringValues()) {
        Path file = existing(text);
        if (file != null) {
          checkModel(option.longestName(), file);
          checkInputs(command, option.longestName(), file);
        }
      }
    }
  }

  private static @Nullable Path existing(String text) {
    try {
      Path path = Path.of(text);
      return Files.isRegularFile(path) ? path.toRealPath() : null;
    } catch (IOException | InvalidPathException e) {
      return null; // which the writing says better
    }
  }

  private static void checkModel(String option, Path file) {
    Path folder = file.getParent();
    for (int i = 0; i < DEEPEST && folder != null; i++, folder = folder.getParent()) {
      if (Files.exists(folder.resolve(MODEL))) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s is in the model's directory %s, whose files only pacnet changes; name another file (%s)",
                file.getFileName(),
                folder.getFileName(),
                option));
      }
    }
  }

  private static void checkInputs(ParseResult command, String option, Path file) {
    for (OptionSpec other : command.matchedOptions()) {
      if (WRITTEN.contains(other.longestName())) {
        continue;
      }
      for (String text : other.originalStringValues()) {
        if (reads(text, file)) {
          throw new DataException(
              String.format(
                  Locale.ROOT,
                  "%s is read by %s and would be written by %s; name another file",
                  file.getFileName(),
                  other.longestName(),
                  option));
        }
      }
    }
  }

  // A file, a pattern, or a query that names it in quotes.
  private static boolean reads(String text, Path file) {
    try {
      if (Path.of(text).toAbsolutePath().toString().equals(file.toString())
          || file.equals(existing(text))) {
        return true;
      }
      if (FileSystems.getDefault()
          .getPathMatcher("glob:" + Path.of(text).toAbsolutePath())
          .matches(file)) {
        return true;
      }
    } catch (InvalidPathException | PatternSyntaxException | UnsupportedOperationException e) {
      // no path: a number, a word, a query
    }
    for (String quoted : text.split("'", -1)) {
      if (quoted.length() > 1 && !quoted.equals(text) && reads(quoted, file)) {
        return true;
      }
    }
    return false;
  }
}
