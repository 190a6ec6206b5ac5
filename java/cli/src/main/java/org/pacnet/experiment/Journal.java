package org.pacnet.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.error.OutputException;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.Json;

/**
 * What of an experiment is done, a line each, in a file that survives a kill at any moment: a last line
 * that is not whole is not there. The first line says which experiment it is.
 */
final class Journal implements AutoCloseable {

  private final FileChannel channel;
  private final Map<String, JsonNode> done = new LinkedHashMap<>();

  /**
   * @param experiment what tells this experiment from others
   */
  Journal(Path file, Object experiment) {
    String first = Json.compact(experiment);
    try {
      long whole = 0;
      if (Files.exists(file)) {
        byte[] bytes = Files.readAllBytes(file);
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
          if (bytes[i] == '\n') {
            read(file, new String(bytes, start, i - start, StandardCharsets.UTF_8), start == 0, first);
            start = i + 1;
          }
        }
        whole = start;
      }
      channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      channel.truncate(whole);
      channel.position(whole);
      if (whole == 0) {
        append(first);
      }
    } catch (IOException e) {
      throw new OutputException(file + " can't be used: " + AtomicWrite.reason(e), e);
    }
  }

  private void read(Path file, String line, boolean isFirst, String expected) throws IOException {
    if (isFirst) {
      if (!line.equals(expected)) {
        throw new DataException(
            file + " is of another experiment, or of none; name another --out, or remove it");
      }
      return;
    }
    JsonNode node = Json.MAPPER.readTree(line);
    done.put(node.get("key").asText(), node.get("value"));
  }

  /** What was written down under that key; null if nothing. */
  synchronized @Nullable JsonNode get(String key) {
    return done.get(key);
  }

  synchronized void put(String key, Object value) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("key", key);
    line.put("value", value);
    try {
      append(Json.compact(line));
    } catch (IOException e) {
      throw new OutputException("the journal can't be written: " + AtomicWrite.reason(e), e);
    }
  }

  private void append(String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(false);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new OutputException("the journal can't be closed: " + AtomicWrite.reason(e), e);
    }
  }
}
