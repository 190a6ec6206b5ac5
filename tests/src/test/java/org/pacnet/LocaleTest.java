package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.cli.Main;

/**
 * A whole job in locales that write digits and letters otherwise: Persian digits in SQL or in a file's name,
 * and a dotless i in a word in capitals, are nothing that a machine reads.
 */
final class LocaleTest {

  private static final Map<String, String> ZONES = Map.of("en", "UTC", "fa", "Asia/Tehran", "tr", "America/New_York");

  @TempDir Path folder;

  private String run(String language, String country, Object... arguments) throws Exception {
    List<String> locale = List.of("-Duser.language=" + language, "-Duser.country=" + country);
    List<String> command = Cli.java(locale, Main.class, arguments);
    Path err = folder.resolve("stderr");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
    builder.environment().put("TZ", ZONES.get(language));
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), List.of(arguments) + Files.readString(err));
    return out;
  }

  private void job(Path place, String language, String country) throws Exception {
    Path source = Samples.csv(folder.resolve("source.csv"), 200, 0, 1);
    Path target = Samples.csv(folder.resolve("target.csv"), 12, 1, 2);
    Path model = place.resolve("model");
    String out =
        run(
            language, country, "transfer", "--source", source, "--target", target, "--test", target, "--label", "y", "--method", "pac",
            "--hidden", "8", "--source-epochs", 5, "--target-epochs", 5, "--intervals", "--name", "t",
            "--report", place.resolve("page.html"), "--out", model);
    assertTrue(out.chars().allMatch(c -> c < 128 || !Character.isDigit(c)), out);
    run(
        language, country, "predict", "--model", model, "--name", "t", "--interval", "0.9", "--input",
        "SELECT *, TIMESTAMPTZ '2026-03-04 12:00:00+01' AS at FROM '" + target + "'", "--out", place.resolve("out.csv"));
    run(language, country, "evaluate", "--model", model, "--name", "t", "--input", target);
    run(language, country, "export", "--model", model, "--name", "t", "--out", place.resolve("w.safetensors"));
  }

  @Test
  void everyFileIsWhatItIsElsewhere() throws Exception {
    Path here = Files.createDirectories(folder.resolve("here"));
    job(here, "en", "US");
    assertTrue(Files.readString(here.resolve("out.csv")).contains("2026-03-04 11:00:00+00"));
    for (String locale : List.of("fa-IR", "tr-TR")) {
      Path there = Files.createDirectories(folder.resolve(locale));
      job(there, locale.substring(0, 2), locale.substring(3));
      for (String file : List.of("out.csv", "w.safetensors")) {
        assertArrayEquals(Files.readAllBytes(here.resolve(file)), Files.readAllBytes(there.resolve(file)), locale + file);
      }
    }
  }
}
