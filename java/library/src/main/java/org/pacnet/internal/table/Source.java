package org.pacnet.internal.table;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Data;
import org.pacnet.data.Provenance;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Unseen;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Column;
import org.pacnet.internal.base.ColumnNames;
import org.pacnet.internal.base.Messages;
import org.pacnet.internal.base.Sha256;

/** A table opened for one operation: its parts in order, and what DuckDB needs to read them. */
final class Source implements AutoCloseable {
  private final Duck duck;
  private final MissingWords missing;
  private final Data data;
  private final List<Path> files;
  // Of a table in memory; otherwise none.
  private final Map<String, Column> columns;
  private final MessageDigest digest = Sha256.digest();
  private final List<Part> parts = new ArrayList<>();
  private final Map<Path, List<Object>> stamps = new HashMap<>();
  private final Map<Part, List<Block>> loaded = new HashMap<>();

  private Source(Duck duck, Data data, MissingWords missing) {
    this.duck = duck;
    this.missing = missing;
    this.data = data;
    this.columns = columns(data, duck.reading());
    this.files = data instanceof Data.Files f ? f.find() : List.of();
  }

  /**
   * Opens the table and looks at its columns.
   *
   * @param missingWords the texts that stand for a missing value
   * @throws DataException if there is no such file, it is of no known kind, or its columns can't be
   *     read
   */
  static Source open(Data data, List<String> missingWords, ReadMonitor monitor) {
    Duck duck = new Duck(new Reading(monitor));
    try {
      Data table = data instanceof Data.Several several ? several.all() : data;
      Source source = new Source(duck, table, new MissingWords(missingWords));
      source.openParts();
      return source;
    } catch (Throwable e) {
      duck.close();
      throw e;
    }
  }

  private static Map<String, Column> columns(Data data, Reading reading) {
    Map<String, Column> columns = new LinkedHashMap<>();
    if (data instanceof Data.Columns given) {
      given.arrays().forEach((name, array) -> columns.put(name, Column.of(name, array)));
    }
    if (data instanceof Data.Rows rows) {
      pull(rows, reading).forEach((name, values) -> columns.put(name, Column.of(name, values.toArray())));
    }
    return columns;
  }

  // All rows, by column.
  private static Map<String, List<@Nullable Object>> pull(Data.Rows data, Reading reading) {
    if (data.columns().isEmpty()) {
      throw new DataException(data.name() + ": there is no column");
    }
    ColumnNames.check(data.name(), data.columns()); // before a name that is there twice loses its values
    Map<String, List<@Nullable Object>> values = new LinkedHashMap<>();
    data.columns().forEach(column -> values.put(column, new ArrayList<>()));
    List<List<@Nullable Object>> inOrder = List.copyOf(values.values());
    long count = 0;
    for (List<?> row : data.rows()) {
      count++;
      if (row.size() != inOrder.size()) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s, row %d: it has %d values for %d columns",
                data.name(),
                count,
                row.size(),
                inOrder.size()));
      }
      for (int i = 0; i < inOrder.size(); i++) {
        inOrder.get(i).add(row.get(i));
      }
      if (count % Block.ROWS == 0) {
        reading.rows(data.name(), count);
      }
    }
    return values;
  }

  private void openParts() {
    if (data instanceof Data.Images images) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s holds images, and a table is wanted: a file, or a pattern such as %s/*.csv",
              images.name(),
              images.name()));
    }
    if (!columns.isEmpty()) {
      parts.add(new ColumnPart(duck, data.name(), columns, missing));
    }
    if (data instanceof GroupRows group) {
      parts.add(new Groups.GroupPart(group));
    }
    if (data instanceof Data.Sql sql) {
      parts.add(TypedPart.query(duck, missing, sql.name(), sql.query()));
    }
    for (Path file : files) {
      stamps.put(file, stamp(file));
      parts.add(part(file));
    }
  }

  /** What is read becomes many tables, each of which may be as large as one. */
  void inPieces() {
    duck.reading().inPieces();
  }

  /** Opens cursors over parts whose columns are read into memory first, and so only once. */
  Cursor open(Part part, List<Part.Request> requests) {
    List<Block> blocks = loaded.get(part);
    if (blocks == null) {
      blocks = part.load(requests);
      loaded.put(part, blocks);
    }
    return Cursor.over(blocks, duck.reading());
  }

  /** Refuses a table without rows, or with too many. */
  void checkRows() {
    if (rows() == 0) {
      throw new DataException(
          (files.size() > 1 ? data.name() : parts.get(0).name())
              + ": there are columns but no rows");
    }
    if (rows() > Integer.MAX_VALUE) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s has %d rows, more than the %d that fit; use a sample",
              data.name(),
              rows(),
              Integer.MAX_VALUE));
    }
  }

  private Part part(Path file) {
    FileFormat format = FileFormat.of(file.getFileName().toString());
    if (format == null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "file %s is of no known kind; give a .csv, .tsv, .txt (each also .gz), .parquet .json"
                  + " (.jsonl, .ndjson) or .duckdb (.ddb, .db) file",
              file.getFileName()));
    }
    if (!Files.isReadable(file)) {
      throw new DataException(
          String.format(
              Locale.ROOT, "file %s may not be read; check its permissions", file.getFileName()));
    }
    return switch (format) {
      case PARQUET -> TypedPart.parquet(duck, missing, file);
      case JSON ->
          TypedPart.query(
              duck,
              missing,
              "file " + file.getFileName(),
              String.format(Locale.ROOT, "SELECT * FROM read_json(%s)", Duck.input(file)));
      case DATABASE -> TypedPart.database(duck, missing, file);
      case TEXT, TAB_SEPARATED -> new CsvPart(duck, file, format, missing, digest);
    };
  }

  Duck duck() {
    return duck;
  }

  List<Path> files() {
    return files;
  }

  List<Part> parts() {
    return parts;
  }

  long rows() {
    return parts.stream().mapToLong(Part::rows).sum();
  }

  /** The columns of the first part, which all others have too once they are checked. */
  List<String> columns() {
    return parts.get(0).columns();
  }

  /** Refuses parts that have not the same columns as the first. */
  void checkSameColumns() {
    for (Part part : parts) {
      checkHas(part, columns(), parts.get(0).name() + " has");
      checkHasOnly(part, columns(), parts.get(0).name() + " does not have");
    }
  }

  /** Refuses a part that lacks one of the columns. */
  static void checkHas(Part part, Collection<String> wanted, String why) {
    Set<String> absent = new LinkedHashSet<>(wanted);
    part.columns().forEach(absent::remove);
    if (!absent.isEmpty()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s lacks %s, which %s; the columns there are: %s",
              part.name(),
              Messages.columns(absent),
              why,
              Messages.list(part.columns())));
    }
  }

  /** Refuses a part that has other columns than these. */
  static void checkHasOnly(Part part, Collection<String> known, String why) {
    checkHasOnly(part, known, why, "");
  }

  /** The same for a target, of whose own columns something can be learnt. */
  static void checkTargetHasOnly(Part part, Collection<String> known) {
    checkHasOnly(part, known, "the source data did not have", ", or name %s as extra: what corrects the base then learns from %1$s", "extra");
  }

  private static void checkHasOnly(Part part, Collection<String> known, String why, String instead, String... settings) {
    Set<String> others = new LinkedHashSet<>(part.columns());
    known.forEach(others::remove);
    if (!others.isEmpty()) {
      String them = others.size() == 1 ? "it" : "them";
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s has %s, which %s; remove %s%s",
              part.name(),
              Messages.columns(others),
              why,
              them,
              String.format(Locale.ROOT, instead, them)),
          settings);
    }
  }

  /** How to read a column of a part, which must hold numbers or text. */
  static Part.Request request(Part part, String name, boolean text) {
    int column = part.columns().indexOf(name);
    String type = part.unusableType(column, text);
    if (type != null && TypedPart.isTime(type)) {
      throw Dates.refused(part.name(), name, "those of type " + Messages.name(type));
    }
    if (type != null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s, column %s: values of type %s cannot be used; turn them into numbers or remove "
                  + "the column",
              part.name(),
              Messages.name(name),
              Messages.name(type)));
    }
    return new Part.Request(column, text);
  }

  Provenance provenance(int rowsUsed, int dropped, List<Unseen> unseen) {
    // The files are gone over more than once: the hash is of what was read only if they stayed the same.
    for (Path file : files) {
      if (!stamp(file).equals(stamps.get(file))) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "file %s changed while it was read; run this again when nobody writes it",
                file.getFileName()));
      }
    }
    return new Provenance(data.name(), rowsUsed, dropped, Sha256.hex(digest()), unseen);
  }

  // One hash over all files, in their order. A text file's bytes are hashed while they are checked.
  private MessageDigest digest() {
    if (!columns.isEmpty()) {
      return RowDigest.of(columns);
    }
    if (data instanceof Data.Sql || data instanceof GroupRows) {
      MessageDigest values = Sha256.digest();
      loaded.get(parts.get(0)).forEach(block -> RowDigest.update(values, block));
      return values;
    }
    if (parts.stream().allMatch(CsvPart.class::isInstance)) {
      parts.forEach(Part::rows); // which goes over each once, in their order
      return digest;
    }
    MessageDigest all = Sha256.digest();
    files.forEach(file -> RowDigest.update(all, file));
    return all;
  }

  private static List<Object> stamp(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return List.of(now.size(), now.lastModifiedTime(), String.valueOf(now.fileKey()));
    } catch (IOException e) {
      throw new DataException(
          String.format(
              Locale.ROOT, "file %s cannot be read: %s", file.getFileName(), Messages.reason(e)),
          e);
    }
  }

  @Override
  public void close() {
    duck.close();
  }
}
