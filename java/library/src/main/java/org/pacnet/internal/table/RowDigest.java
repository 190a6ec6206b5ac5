package org.pacnet.internal.table;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.Column;
import org.pacnet.internal.base.Sha256;

/** What a table's hash is of; {@link org.pacnet.data.Provenance} says it. */
final class RowDigest {

  private RowDigest() {}

  /** Goes on with the bytes of a file. */
  static void update(MessageDigest digest, Path file) {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    } catch (IOException e) {
      throw CsvScan.unreadable("file " + file.getFileName(), e);
    }
  }

  /** Goes on with the values of a block, column by column: little-endian doubles, or UTF-8 and a zero. */
  static void update(MessageDigest digest, Block block) {
    ByteBuffer bytes =
        ByteBuffer.allocate(block.size * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < block.numbers.length; i++) {
      bytes.clear();
      for (double value : block.numbers[i]) {
        bytes.putDouble(value);
      }
      digest.update(bytes.flip());
      @Nullable String[] texts = block.texts[i];
      for (int r = 0; texts != null && r < block.size; r++) {
        digest.update(String.valueOf(texts[r]).getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
    }
  }

  /** Of columns in memory. */
  static MessageDigest of(Map<String, Column> columns) {
    MessageDigest digest = Sha256.digest();
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    columns.forEach(
        (name, column) -> {
          digest.update(name.getBytes(StandardCharsets.UTF_8));
          digest.update((byte) 0);
          double[] numbers = column.numbers();
          for (int i = 0; i < column.length(); i++) {
            if (numbers == null) {
              String text = String.valueOf(column.values().apply(i));
              digest.update(text.getBytes(StandardCharsets.UTF_8));
              digest.update((byte) 0);
            } else {
              if (!bytes.hasRemaining()) {
                digest.update(bytes.flip());
                bytes.clear();
              }
              bytes.putDouble(numbers[i]);
            }
          }
          digest.update(bytes.flip());
          bytes.clear();
        });
    return digest;
  }
}
