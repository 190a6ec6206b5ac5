package org.pacnet.internal.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.pacnet.error.DataException;

/** Decoding against Pillow; tests/fixtures/make_pictures.py wrote the images and what Pillow sees. */
class ImageDecoderTest {

  private static final Path PICTURES =
      Path.of(System.getProperty("pacnet.root"), "tests", "fixtures", "pictures");

  @Test
  void whatOthersReadWrongIsReadAsPillowDoes() throws IOException {
    byte[] all = Files.readAllBytes(PICTURES.resolve("expected.rgb"));
    int at = 0;
    int read = 0;
    for (String line : Files.readAllLines(PICTURES.resolve("expected.txt"))) {
      String[] words = line.split(" ", -1);
      int width = Integer.parseInt(words[1]);
      int height = Integer.parseInt(words[2]);
      byte[] expected = Arrays.copyOfRange(all, at, at + 3 * width * height);
      at += expected.length;
      Pixels pixels =
          ImageDecoder.decode(words[0], Files.readAllBytes(PICTURES.resolve(words[0]))).withChannels(3);
      assertEquals(width, pixels.width(), words[0]);
      assertEquals(height, pixels.height(), words[0]);
      // PNGs to the bit. JPEG decoders may round otherwise, and what CMYK looks like is a convention.
      int tolerance = words[0].endsWith(".png") ? 0 : words[0].startsWith("cmyk") ? 12 : 4;
      for (int i = 0; i < width * height; i++) {
        for (int c = 0; c < 3; c++) {
          int is = pixels.values()[c * width * height + i] & 0xff;
          assertEquals(expected[3 * i + c] & 0xff, is, tolerance, words[0] + " pixel " + i + " channel " + c);
        }
      }
      read++;
    }
    assertEquals(16, read);
  }

  @Test
  void damageIsNamed() throws IOException {
    byte[] jpeg = Files.readAllBytes(PICTURES.resolve("colour.jpg"));
    byte[] png = Files.readAllBytes(PICTURES.resolve("colour.png"));
    for (byte[] broken :
        new byte[][] {
          new byte[0],
          "GIF89a".getBytes(StandardCharsets.US_ASCII),
          Arrays.copyOf(jpeg, 40),
          Arrays.copyOf(png, 40),
          Arrays.copyOf(png, png.length - 30)
        }) {
      DataException e =
          assertThrows(DataException.class, () -> ImageDecoder.decode("x/y.jpg", broken));
      assertTrue(e.getMessage().startsWith("x/y.jpg is "), e.getMessage());
      assertEquals(1, e.getMessage().lines().count());
    }
  }

  @Test
  void whereverItIsCutOffItIsNamedInWords() throws IOException {
    int refused = 0;
    for (String name : List.of("colour.jpg", "colour.png")) {
      byte[] whole = Files.readAllBytes(PICTURES.resolve(name));
      for (int length = 0; length < whole.length; length += 1 + whole.length / 200) {
        byte[] part = Arrays.copyOf(whole, length);
        try {
          ImageDecoder.decode(name, part);
        } catch (DataException e) {
          refused++;
          assertFalse(e.getMessage().contains("null"), e.getMessage());
          assertEquals(1, e.getMessage().lines().count());
        }
      }
    }
    assertTrue(refused > 200, refused + " were refused");
  }

  @Test
  void absurdSizesAreRefusedBeforeAnythingIsDecoded() throws IOException {
    byte[] png = Files.readAllBytes(PICTURES.resolve("colour.png"));
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(header);
    out.writeBytes("IHDR");
    out.writeInt(60_000);
    out.writeInt(60_000);
    out.write(png, 24, 5);
    CRC32 crc = new CRC32();
    crc.update(header.toByteArray());
    out.writeInt((int) crc.getValue());
    byte[] bomb = png.clone();
    System.arraycopy(header.toByteArray(), 0, bomb, 12, header.size());
    DataException e = assertThrows(DataException.class, () -> ImageDecoder.decode("bomb.png", bomb));
    assertTrue(e.getMessage().contains("60000 x 60000"), e.getMessage());
  }

  @Test
  void scalingKeepsTheMiddleAndTheMean() {
    byte[] values = new byte[8 * 20];
    for (int y = 0; y < 8; y++) {
      for (int x = 0; x < 20; x++) {
        values[y * 20 + x] = (byte) (x < 6 || x >= 14 ? 255 : 10 * (x - 6)); // the middle 8 are a ramp
      }
    }
    Pixels scaled = new Pixels(1, 8, 20, values).square(4);
    assertEquals(4, scaled.width());
    assertEquals(4, scaled.height());
    // Two old pixels a new one, with a triangle: the ramp's slope is kept inside.
    assertEquals(25, scaled.values()[1] & 0xff, 1);
    assertEquals(45, scaled.values()[2] & 0xff, 1);
    assertArrayEquals(
        Arrays.copyOfRange(scaled.values(), 0, 4), Arrays.copyOfRange(scaled.values(), 8, 12));
    byte[] even = new byte[49];
    Arrays.fill(even, (byte) 77);
    for (byte value : new Pixels(1, 7, 7, even).square(16).values()) {
      assertEquals(77, value);
    }
  }
}
