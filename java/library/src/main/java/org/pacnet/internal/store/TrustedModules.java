package org.pacnet.internal.store;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which modules' code may run, by its SHA-256: what was trained here, and what somebody said may. Kept for the user in a file of one hash a line,
 * {@code trusted-modules} in {@code PACNET_CONFIG} or {@code ~/.config/pacnet} (with {@code XDG_CONFIG_HOME} there); where that can't be written, for
 * the process.
 */
final class TrustedModules {

  private static final System.Logger LOG = System.getLogger("org.pacnet");
  private static final Set<String> HERE = ConcurrentHashMap.newKeySet();

  private TrustedModules() {}

  static boolean contains(String hash) {
    return HERE.contains(hash) || written().contains(hash);
  }

  static void add(String hash) {
    if (!HERE.add(hash) || written().contains(hash)) {
      return;
    }
    Path file = file();
    try {
      Files.createDirectories(file.getParent());
      // One small write at the end: of two processes neither loses the other's.
      Files.writeString(file, hash + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, file + " can't be written: the module is trusted in this process alone", e);
    }
  }

  private static List<String> written() {
    try {
      return Files.readAllLines(file());
    } catch (IOException e) {
      return List.of(); // nobody wrote one
    }
  }

  private static Path file() {
    return folder().resolve("trusted-modules");
  }

  private static Path folder() {
    String own = System.getenv("PACNET_CONFIG");
    if (own != null && !own.isEmpty()) {
      return Path.of(own);
    }
    String config = System.getenv("XDG_CONFIG_HOME");
    boolean set = config != null && !config.isEmpty();
    return (set ? Path.of(config) : Path.of(System.getProperty("user.home"), ".config")).resolve("pacnet");
  }
}
