package org.pacnet.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.pacnet.error.DataException;

/** Reads a UTF-8 text file, gzipped or not, one character after the other. */
final class Utf8File {
  private static final int BUFFER = 1 << 16;

  private Utf8File() {}

  /** Takes characters until it has enough. */
  @FunctionalInterface
  interface Sink {
    /** Takes one; false ends the reading. */
    boolean accept(char c);
  }

  /**
   * Hands the file's characters to {@code sink}, without a byte order mark.
   *
   * @param name what to call the file in messages
   * @param row the row that the sink is in, 0 for the header; asked if bytes are no UTF-8
   */
  static void read(Path file, String name, LongSupplier row, Sink sink) {
    try (InputStream in = open(file)) {
      decode(in, name, row, sink);
    } catch (ClosedByInterruptException e) {
      throw Reading.cancelled(e);
    } catch (ZipException | EOFException e) {
      throw new DataException(
          "%s is not a whole gzip file; compress it again or remove .gz from its name"
              .formatted(name),
          e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(name, Messages.reason(e)), e);
    }
  }

  private static InputStream open(Path file) throws IOException {
    InputStream bytes = Files.newInputStream(file);
    if (!FileFormat.isGzip(file.toString())) {
      return bytes;
    }
    try {
      return new GZIPInputStream(bytes, BUFFER);
    } catch (IOException e) {
      bytes.close();
      throw e;
    }
  }

  // Not with a Reader: it throws before it hands over the characters that came before a bad byte,
  // and then nobody knows in which row that byte is.
  private static void decode(InputStream in, String name, LongSupplier row, Sink sink)
      throws IOException {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer bytes = ByteBuffer.allocate(BUFFER);
    CharBuffer chars = CharBuffer.allocate(BUFFER);
    boolean start = true;
    boolean end = false;
    while (!end) {
      int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
      end = read < 0;
      bytes.position(bytes.position() + Math.max(read, 0)).flip();
      CoderResult result = decoder.decode(bytes, chars, end);
      chars.flip();
      if (start && chars.hasRemaining()) {
        start = false;
        if (chars.get(chars.position()) == '\uFEFF') {
          chars.get();
        }
      }
      while (chars.hasRemaining()) {
        if (!sink.accept(chars.get())) {
          return;
        }
      }
      if (result.isError()) {
        throw new DataException(
            "%s, %s: the text is not valid UTF-8; save the file as UTF-8"
                .formatted(name, row.getAsLong() == 0 ? "header" : "row " + row.getAsLong()));
      }
      bytes.compact();
      chars.clear();
    }
  }
}
