package org.pacnet.internal.table;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.pacnet.config.Missing;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;

/**
 * How the columns of a source table are to be understood.
 *
 * @param labels the columns to predict: one or more numbers, or the one class column
 * @param classification whether the label is a class rather than a number
 * @param categorical input columns to take as categories even if they hold numbers
 * @param dates input columns that hold dates or moments
 * @param ignored columns to leave out
 * @param missing what to do with missing values
 * @param missingWords the texts that stand for a missing value, besides the empty one
 * @param standardizeInputs whether numeric inputs are shifted and scaled to mean 0 and standard
 *     deviation 1
 * @param standardizeLabels the same for the labels of a regression; classes are never scaled
 */
public record DataOptions(
    List<String> labels,
    boolean classification,
    Set<String> categorical,
    Set<String> dates,
    Set<String> ignored,
    Missing missing,
    List<String> missingWords,
    boolean standardizeInputs,
    boolean standardizeLabels) {

  /** The same, and that column left out too. */
  DataOptions ignoring(String column) {
    Set<String> more = new HashSet<>(ignored);
    return more.add(column)
        ? new DataOptions(
            labels,
            classification,
            categorical,
            dates,
            more,
            missing,
            missingWords,
            standardizeInputs,
            standardizeLabels)
        : this;
  }

  /**
   * Copies the collections.
   *
   * @throws DataException if there is no label, one is named twice or is also an input, or a
   *     classification has several
   */
  public DataOptions {
    labels = List.copyOf(labels);
    categorical = Set.copyOf(categorical);
    dates = Set.copyOf(dates);
    ignored = Set.copyOf(ignored);
    missingWords = List.copyOf(missingWords);
    Objects.requireNonNull(missing, "missing");
    if (labels.isEmpty()) {
      throw new DataException("no label column is given; name the column to predict");
    }
    Set<String> seen = new HashSet<>();
    for (String label : labels) {
      if (!seen.add(label)) {
        throw new DataException(
            String.format(
                Locale.ROOT, "label column %s is given twice; name it once", Messages.name(label)));
      }
    }
    Set<String> named = new HashSet<>(labels);
    Stream.of(categorical, dates, ignored).flatMap(Set::stream).sorted().forEach(column -> {
      if (!named.add(column)) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "column %s is given as more than one of label, categorical, date and ignored; decide for one",
                Messages.name(column)));
      }
    });
    if (classification && labels.size() > 1) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "classification takes one label column but %d are given (%s); name one of them",
              labels.size(),
              Messages.list(labels)));
    }
  }
}
