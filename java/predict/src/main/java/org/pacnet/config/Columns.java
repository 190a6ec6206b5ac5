package org.pacnet.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which columns are read, and how; immutable.
 *
 * @param labels columns to predict, at least one; exactly one for a classification. Of trajectories the
 *     columns of the state; empty: all but trajectory, time and the ignored
 * @param categorical input columns to be read as categories even if they hold numbers
 * @param dates input columns of dates or moments, which become year, day of the year and time of day
 * @param ignored columns that are neither input nor label
 * @param weight a column of positive numbers that says how much a row counts in what is learnt, and is neither input nor label: one of
 *     weight 2 as much as two of weight 1. Only how they compare within a table matters; null: all rows count the same
 * @param missing what to do with missing input values: {@code ERROR}, {@code MEAN} of the source,
 *     {@code DROP} the row
 * @param missingWords texts that stand for a missing value, besides the empty one
 * @param standardizeInputs scale inputs with the source's mean and deviation
 * @param standardizeLabels likewise for the labels of a regression; undone at prediction
 */
public record Columns(
    List<String> labels,
    List<String> categorical,
    List<String> dates,
    List<String> ignored,
    @Nullable String weight,
    Missing missing,
    List<String> missingWords,
    boolean standardizeInputs,
    boolean standardizeLabels) {

  public Columns {
    labels = List.copyOf(labels);
    categorical = List.copyOf(categorical);
    dates = List.copyOf(dates);
    ignored = List.copyOf(ignored);
    missingWords = List.copyOf(missingWords);
  }

  static Columns of(List<String> labels) {
    return new Columns(
        labels, List.of(), List.of(), List.of(), null, Missing.ERROR, Missing.WORDS, true, true);
  }

  /** Collects them; each method is the component of the same name. */
  public static final class Builder {
    private List<String> labels;
    private List<String> categorical;
    private List<String> dates;
    private List<String> ignored;
    private @Nullable String weight;
    private Missing missing;
    private List<String> missingWords;
    private boolean standardizeInputs;
    private boolean standardizeLabels;

    Builder(Columns c) {
      labels = c.labels;
      categorical = c.categorical;
      dates = c.dates;
      ignored = c.ignored;
      weight = c.weight;
      missing = c.missing;
      missingWords = c.missingWords;
      standardizeInputs = c.standardizeInputs;
      standardizeLabels = c.standardizeLabels;
    }

    /**
     * Columns to predict, at least one; exactly one for a classification. Of trajectories the columns of
     * the state; empty: all but trajectory, time and the ignored.
     */
    public Builder labels(List<String> value) {
      labels = value;
      return this;
    }

    /** Input columns to be read as categories even if they hold numbers; by default none. */
    public Builder categorical(String... columns) {
      categorical = List.of(columns);
      return this;
    }

    /**
     * Input columns of dates or moments, which become year, day of the year and time of day; by default
     * none.
     */
    public Builder dates(String... columns) {
      dates = List.of(columns);
      return this;
    }

    /** Columns that are neither input nor label; by default none. */
    public Builder ignored(String... columns) {
      ignored = List.of(columns);
      return this;
    }

    /**
     * A column that says how much a row counts in what is learnt, and is neither input nor label; null, which is the default: all count the
     * same. Every table that is learnt from has it.
     */
    public Builder weight(@Nullable String column) {
      weight = column;
      return this;
    }

    /**
     * What to do with missing input values: {@code ERROR}, {@code MEAN} of the source, {@code DROP} the
     * row; by default {@link Missing#ERROR}.
     */
    public Builder missing(Missing value) {
      missing = value;
      return this;
    }

    /** Texts that stand for a missing value, besides the empty one; by default {@link Missing#WORDS}. */
    public Builder missingWords(String... words) {
      missingWords = List.of(words);
      return this;
    }

    /** Scale inputs with the source's mean and deviation; by default yes. */
    public Builder standardizeInputs(boolean value) {
      standardizeInputs = value;
      return this;
    }

    /** Likewise for the labels of a regression; undone at prediction; by default yes. */
    public Builder standardizeLabels(boolean value) {
      standardizeLabels = value;
      return this;
    }

    Columns build() {
      return new Columns(
          labels,
          categorical,
          dates,
          ignored,
          weight,
          missing,
          missingWords,
          standardizeInputs,
          standardizeLabels);
    }
  }
}
