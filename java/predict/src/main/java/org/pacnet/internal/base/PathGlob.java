package org.pacnet.internal.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.pacnet.error.DataException;

/** Finds the files that a path or a glob stands for. */
public final class PathGlob {
  private static final String WILD = "*?[{";

  private PathGlob() {}

  /** The files, at least one, in the order of their paths. */
  public static List<Path> expand(String pathOrGlob) {
    try {
      return isGlob(pathOrGlob) ? matches(pathOrGlob) : List.of(single(pathOrGlob));
    } catch (InvalidPathException e) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s is not a path on this system: %s",
              Messages.value(pathOrGlob),
              Messages.name(e.getReason())),
          e);
    }
  }

  private static boolean isGlob(String pathOrGlob) {
    return firstWild(pathOrGlob) >= 0 && !exists(pathOrGlob);
  }

  private static boolean exists(String path) {
    try {
      return Files.exists(Path.of(path));
    } catch (InvalidPathException e) {
      // Some systems do not allow a wildcard in a file name at all.
      return false;
    }
  }

  /** The one file of that name, which there must be. */
  public static Path single(String name) {
    if (name.isBlank()) {
      throw new DataException("the path of the data is empty; give a file or a glob");
    }
    Path path = Path.of(name);
    if (Files.isDirectory(path)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s is a directory; give a file in it, or a glob such as %s/*.csv",
              path,
              path));
    }
    if (!Files.exists(path)) {
      throw new DataException(
          String.format(Locale.ROOT, "file %s does not exist; check the path", path));
    }
    if (!Files.isRegularFile(path)) {
      // A pipe can be read only once, and whoever reads it waits for a writer.
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s is no regular file (a pipe or device); write the data to a file first",
              path));
    }
    return path;
  }

  private static List<Path> matches(String glob) {
    // Only the folders after the first wildcard are searched.
    int wild = firstWild(glob);
    int slash = glob.lastIndexOf('/', wild);
    Path root = Path.of(slash < 0 ? "." : glob.substring(0, slash + 1));
    String pattern = glob.substring(slash + 1);
    int depth =
        pattern.contains("**")
            ? Integer.MAX_VALUE
            : (int) pattern.chars().filter(c -> c == '/').count() + 1;
    List<Path> found = List.of();
    try {
      PathMatcher matcher = matcher(pattern);
      // The JDK wants a folder for "**/"; everyone else lets it match none as well.
      PathMatcher shallow = matcher(pattern.replace("**/", ""));
      if (Files.isDirectory(root)) {
        try (Stream<Path> files = Files.walk(root, depth)) {
          found =
              files
                  .filter(file -> !isHidden(file))
                  .filter(
                      file -> {
                        Path relative = root.relativize(file);
                        return matcher.matches(relative) || shallow.matches(relative);
                      })
                  .filter(Files::isRegularFile)
                  .sorted()
                  .toList();
        }
      }
    } catch (PatternSyntaxException e) {
      throw new DataException(
          String.format(
              Locale.ROOT, "%s is not a valid glob: %s", Messages.value(glob), e.getDescription()),
          e);
    } catch (IOException e) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the files of %s cannot be listed: %s",
              Messages.value(glob),
              Messages.reason(e)),
          e);
    } catch (UncheckedIOException e) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the files of %s cannot be listed: %s",
              Messages.value(glob),
              Messages.reason(e.getCause())),
          e);
    }
    if (found.isEmpty()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "no file matches %s; check the path and the pattern",
              Messages.name(glob)));
    }
    return found;
  }

  private static PathMatcher matcher(String pattern) {
    return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
  }

  /** Hidden files are left out as a shell does: many are leftovers of other programs. */
  private static boolean isHidden(Path file) {
    Path name = file.getFileName();
    return name != null && name.toString().startsWith(".") && name.toString().length() > 1;
  }

  private static int firstWild(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (WILD.indexOf(text.charAt(i)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** A file's name without what is behind the first dot. */
  public static String plainName(Path file) {
    return file.getFileName().toString().replaceFirst("(?<=.)\\..*", "");
  }
}
