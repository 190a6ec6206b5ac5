package org.pacnet.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.PathGlob;
import picocli.CommandLine.Option;

/** One source, or several. */
final class SourceOptions {

  @Option(
      names = "--source",
      required = true,
      paramLabel = "FILE",
      description = "The rich data set: a CSV, Parquet or JSON file, a pattern in quotes, a query in quotes that"
              + " begins with SELECT or FROM, or a folder of images. Given again: more sources with the same columns, which the base learns from together;"
              + " with --method hub, teachers, merge or metavote each is a target of its own too, called as its file is")
  private List<String> sources = List.of();

  @Option(
      names = "--source-by",
      paramLabel = "COLUMN",
      description = "The source is several, told apart by this column, which is no input")
  private @Nullable String column;

  @Option(
      names = "--source-weight",
      paramLabel = "NAME=W",
      description = "How much a row of this source counts (default: 1); may be given again")
  private Map<String, Double> weights = Map.of();

  /** What is learnt from. */
  Data data() {
    if (column != null) {
      if (sources.size() > 1) {
        throw new DataException("--source-by is of one source; those of several files are told apart by their files");
      }
      return Data.several(Tables.of(sources.get(0)), column, weights);
    }
    if (sources.size() == 1) {
      if (!weights.isEmpty()) {
        throw new DataException("--source-weight is for several sources: give --source again, or --source-by COLUMN");
      }
      return Tables.of(sources.get(0));
    }
    Map<String, Data.Files> files = new LinkedHashMap<>();
    for (String source : sources) {
      if (!(Tables.of(source) instanceof Data.Files file)) {
        throw new DataException(String.format(Locale.ROOT, "--source %s: several sources are tables in files", source));
      }
      String name = PathGlob.plainName(Path.of(source));
      if (files.put(name, file) != null) {
        throw new DataException(String.format(Locale.ROOT, "two sources would both be called '%s': rename a file", name));
      }
    }
    return Data.several(files, weights);
  }
}
