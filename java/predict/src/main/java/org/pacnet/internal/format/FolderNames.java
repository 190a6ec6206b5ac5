package org.pacnet.internal.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.Sha256;

/**
 * Any text as the name of a folder that every file system takes, so that texts that differ have folders that differ, on disks
 * too that don't tell case: percent-encoded UTF-8 but for a to z, digits, dash, underscore and a dot that is not in front.
 */
public final class FolderNames {

  // File systems take 255 bytes.
  private static final int LONGEST = 200;
  private static final String CUT = "%%";

  private FolderNames() {}

  /** The folder of that name; of a very long one its beginning and its SHA-256. */
  public static String of(String name) {
    StringBuilder folder = new StringBuilder();
    int whole = 0; // how much of it may be kept of a long one
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || (c == '.' && !folder.isEmpty());
      if (plain) {
        folder.append(c);
      } else {
        folder.append('%').append(String.format(Locale.ROOT, "%02X", (int) c));
      }
      whole = folder.length() <= LONGEST / 2 ? folder.length() : whole;
    }
    return folder.length() <= LONGEST
        ? folder.toString()
        : folder.substring(0, whole) + CUT + Sha256.hex(name.getBytes(StandardCharsets.UTF_8)).substring(0, 32);
  }

  /** The name of a folder; null of a very long one, which only what lies in it tells. */
  public static @Nullable String nameOf(String folder) {
    if (folder.contains(CUT)) {
      return null;
    }
    ByteArrayOutputStream name = new ByteArrayOutputStream();
    for (int i = 0; i < folder.length(); i++) {
      char c = folder.charAt(i);
      if (c == '%' && folder.substring(i).matches("(?s)%[0-9A-F]{2}.*")) {
        name.write(Integer.parseInt(folder.substring(i + 1, i + 3), 16));
        i += 2;
      } else {
        byte[] bytes = String.valueOf(c).getBytes(StandardCharsets.UTF_8);
        name.write(bytes, 0, bytes.length);
      }
    }
    return name.toString(StandardCharsets.UTF_8);
  }

  /** Whether that is the folder of a name, now or by an earlier version, which took the name itself. */
  public static boolean isOf(String folder, String name) {
    return folder.equals(of(name)) || folder.equals(name);
  }

  /** Where a name's folder is, or would be. */
  public static Path resolve(Path parent, String name) {
    Path now = parent.resolve(of(name));
    if (of(name).equals(name) || name.indexOf('/') >= 0 || name.length() > LONGEST || Files.exists(now)) {
      return now;
    }
    try {
      Path before = parent.resolve(name);
      // As it is written there: a disk may not tell case.
      return Files.isDirectory(before) && before.toRealPath().getFileName().toString().equals(name) ? before : now;
    } catch (IOException | java.nio.file.InvalidPathException e) {
      return now;
    }
  }
}
