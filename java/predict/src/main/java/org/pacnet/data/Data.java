package org.pacnet.data;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Column;
import org.pacnet.internal.base.Messages;
import org.pacnet.internal.base.PathGlob;

/**
 * A table that can be read as often as needed. Nothing is opened or looked at before it is used, so
 * problems with the contents are reported by whoever reads.
 */
public abstract sealed class Data {
  private final String name;

  private Data(String name) {
    this.name = name;
  }

  /** What to call the table in messages: the file name or glob without its folder. */
  public final String name() {
    return name;
  }

  /**
   * The table in one file, or in all files that a glob matches, in the order of their names.
   *
   * <p>Files are read by extension: {@code .csv}, {@code .tsv}, {@code .txt} (each also with {@code
   * .gz}; UTF-8, with a header), {@code .parquet}, {@code .json}, {@code .jsonl}, {@code .ndjson}
   * (one object a row), and {@code .duckdb}, {@code .ddb}, {@code .db} (a DuckDB database with one
   * table). A text file's fields are separated by a comma, semicolon, tab or bar, whichever its
   * header has most of; in {@code .tsv} always by a tab. All files of one glob must have the same
   * columns, in any order.
   *
   * @param pathOrGlob a path, or a pattern such as {@code data/*.parquet}; a path that exists is
   *     never taken for a pattern
   */
  public static Data files(String pathOrGlob) {
    return new Files(Objects.requireNonNull(pathOrGlob, "pathOrGlob"), null);
  }

  /**
   * The tables in the files that a glob matches, each by the name of its file without what is behind the first dot, in the
   * order of the names.
   *
   * @throws DataException if two files have one name
   */
  public static Map<String, Data> each(String glob) {
    Map<String, Data> tables = new TreeMap<>();
    Map<String, Path> taken = new HashMap<>();
    for (Path file : PathGlob.expand(glob)) {
      String name = PathGlob.plainName(file);
      Path other = taken.put(name, file);
      if (other != null) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s and %s would both be called '%s'; rename one of them",
                other,
                file,
                name));
      }
      tables.put(name, files(file));
    }
    return tables;
  }

  /**
   * The table in these files, in this order; none of them is taken for a pattern.
   *
   * @throws DataException if there is none
   */
  public static Data files(Path... files) {
    if (files.length == 0) {
      throw new DataException("no file is given; name at least one");
    }
    return new Files(
        files.length == 1
            ? files[0].toString()
            : String.format(Locale.ROOT, "%d files", files.length),
        List.of(files));
  }

  /**
   * Several sources with the same columns, to learn from together: {@code Model.transfer} and {@code Model.train} take them for all their rows in one
   * table, and methods that learn from other targets have each source as one.
   *
   * @param sources their tables in files, by name
   * @param weights how much a row of a source counts, by its name; 1 where nothing is said
   * @throws DataException if there are fewer than two, or a weight is no positive number or of no source
   */
  public static Data several(Map<String, Files> sources, Map<String, Double> weights) {
    if (sources.size() < 2) {
      throw new DataException("several sources are two at least", "source");
    }
    return new Several(
        String.format(Locale.ROOT, "%d sources", sources.size()),
        files(sources.values().stream().flatMap(source -> source.find().stream()).toArray(Path[]::new)),
        null,
        sources,
        checked(weights, sources.keySet()));
  }

  /**
   * The same of one table, whose column says which source a row is of.
   *
   * @param column a column of texts or numbers, which is no input
   */
  public static Data several(Data table, String column, Map<String, Double> weights) {
    return new Several(table.name(), table, Objects.requireNonNull(column, "column"), Map.of(), checked(weights, null));
  }

  private static Map<String, Double> checked(Map<String, Double> weights, @Nullable Set<String> names) {
    weights.forEach(
        (name, weight) -> {
          if (names != null && !names.contains(name)) {
            throw noSource(name, names);
          }
          if (!(weight > 0 && weight <= Float.MAX_VALUE)) {
            throw new DataException(String.format(Locale.ROOT, "the weight of the source '%s' must be a positive number, not %s", name, weight), "sourceWeight");
          }
        });
    return Map.copyOf(weights);
  }

  private static DataException noSource(String name, Collection<String> names) {
    return new DataException(
        String.format(Locale.ROOT, "there is no source '%s' to weigh; there are %s", name, String.join(", ", new TreeSet<>(names))), "sourceWeight");
  }

  /**
   * What a query selects, in the SQL of DuckDB: {@code SELECT … FROM 'data/*.parquet' JOIN 'tools.csv'
   * USING (tool)}. DuckDB databases are named in front of it: {@code ATTACH 'lab.duckdb' AS lab;
   * SELECT … FROM lab.runs}; they are opened for reading only. It runs on one thread and must give
   * the same rows in the same order each time: where it does not keep an order by itself, ORDER BY is
   * for the query to say. It reaches files, never a network.
   */
  public static Data sql(String query) {
    return new Sql(query);
  }

  /**
   * The table made of {@code columns}, in their iteration order. The arrays are not copied.
   *
   * @param columns arrays by column name, all of one length: {@code double[]}, {@code float[]},
   *     {@code long[]}, {@code int[]}, {@code boolean[]} (0 or 1 where a number is wanted) or {@code
   *     String[]} (categories and classes; null or a missing word is a missing value). NaN is refused
   *     when read, not taken for a missing value
   * @throws DataException if there is no column, the lengths differ, or a value is no such array
   */
  public static Data columns(Map<String, ?> columns) {
    return new Columns("in-memory columns", columns);
  }

  /**
   * The table made of rows that are pulled, one after the other, each time it is read; every time
   * there must be the same ones.
   *
   * @param columns the names, as many as each row has values
   * @param rows numbers, booleans, strings, and null for a missing value
   */
  public static Data rows(List<String> columns, Iterable<? extends List<?>> rows) {
    return new Rows(List.copyOf(columns), Objects.requireNonNull(rows, "rows"));
  }

  /**
   * Images with their classes, found by what is there: a folder for each class with {@code .jpg},
   * {@code .jpeg} and {@code .png}; IDX (a folder with {@code train-images-idx3-ubyte} and its labels,
   * {@code .gz} too, or the file of images); CIFAR-10 or CIFAR-100 in the binary format; CelebA. Of
   * sets that come in parts the training part is trained on, and the test part evaluated. For
   * predictions a folder of images will do.
   */
  public static Data images(Path path) {
    return new Images(path);
  }

  /** See {@link Data#images(Path)}. */
  public static final class Images extends Data {
    private final Path path;

    private Images(Path path) {
      super(String.valueOf(path.getFileName()));
      this.path = path;
    }

    /** Where they are. */
    public Path path() {
      return path;
    }
  }

  /** See {@link #files}. */
  public static final class Files extends Data {
    private final String pathOrGlob;
    private final @Nullable List<Path> exact;

    private Files(String pathOrGlob, @Nullable List<Path> exact) {
      super(pathOrGlob.substring(pathOrGlob.lastIndexOf('/') + 1));
      this.pathOrGlob = pathOrGlob;
      this.exact = exact;
    }

    /**
     * The files, each of which there is.
     *
     * @throws DataException if there is none, or one is no regular file
     */
    public List<Path> find() {
      return exact == null
          ? PathGlob.expand(pathOrGlob)
          : exact.stream().map(file -> PathGlob.single(file.toString())).toList();
    }
  }

  /** See {@link #several(Map, Map)}. */
  public static final class Several extends Data {
    private final Data all;
    private final @Nullable String column;
    private final Map<String, Files> sources;
    private final Map<String, Double> weights;

    private Several(String name, Data all, @Nullable String column, Map<String, Files> sources, Map<String, Double> weights) {
      super(name);
      this.all = all;
      this.column = column;
      this.sources = Collections.unmodifiableMap(new LinkedHashMap<>(sources));
      this.weights = weights;
    }

    /** All rows as one table. */
    public Data all() {
      return all;
    }

    /** The column that says which source a row is of; null where each source has files of its own. */
    public @Nullable String column() {
      return column;
    }

    /** The sources by name; none where a column says which they are. */
    public Map<String, Files> sources() {
      return sources;
    }

    /** Whether sources count differently. */
    public boolean weighted() {
      return !weights.isEmpty();
    }

    /**
     * How much a row of each of these sources counts.
     *
     * @throws DataException if a weight is of none of them
     */
    public Map<String, Double> weights(Collection<String> names) {
      Map<String, Double> each = new LinkedHashMap<>();
      names.forEach(name -> each.put(name, weights.getOrDefault(name, 1.0)));
      for (String name : new TreeSet<>(weights.keySet())) {
        if (!each.containsKey(name)) {
          throw noSource(name, names);
        }
      }
      return each;
    }
  }

  /** See {@link #sql}. */
  public static final class Sql extends Data {
    private final String query;

    private Sql(String query) {
      super("query");
      this.query = Objects.requireNonNull(query, "query");
    }

    /** The statement. */
    public String query() {
      return query;
    }
  }

  /** See {@link #columns}. */
  public static final class Columns extends Data {
    private final Map<String, Object> arrays;

    private Columns(String name, Map<String, ?> arrays) {
      super(name);
      if (arrays.isEmpty()) {
        throw new DataException(name + ": there is no column");
      }
      this.arrays = Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
      String first = null;
      int rows = 0;
      for (Map.Entry<String, ?> column : arrays.entrySet()) {
        Objects.requireNonNull(column.getKey(), "column name");
        int length = Column.of(column.getKey(), column.getValue()).length();
        if (first == null) {
          first = column.getKey();
          rows = length;
        } else if (length != rows) {
          throw new DataException(
              String.format(
                  Locale.ROOT,
                  "%s: column %s has %d rows but column %s has %d; give all the same length",
                  name,
                  Messages.name(first),
                  rows,
                  Messages.name(column.getKey()),
                  length));
        }
      }
    }

    /** The arrays by column, as they were given. */
    public Map<String, Object> arrays() {
      return arrays;
    }
  }

  /** See {@link #rows}. */
  public static final class Rows extends Data {
    private final List<String> columns;
    private final Iterable<? extends List<?>> rows;

    private Rows(List<String> columns, Iterable<? extends List<?>> rows) {
      super("rows");
      this.columns = columns;
      this.rows = rows;
    }

    /** The columns. */
    public List<String> columns() {
      return columns;
    }

    /** The rows, to be pulled. */
    public Iterable<? extends List<?>> rows() {
      return rows;
    }
  }

  /** Rows that were read before; {@code Model.groups} makes them. */
  public abstract static non-sealed class Held extends Data {
    /** A table of that name. */
    protected Held(String name) {
      super(name);
    }
  }
}
