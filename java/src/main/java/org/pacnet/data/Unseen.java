package org.pacnet.data;

import org.jspecify.annotations.Nullable;

/**
 * A column in which a table goes where the source never was, so that what a network says of it is a guess: by more
 * than the source's whole range beyond it, or anywhere else than where the source's is constant.
 *
 * @param column its name
 * @param least the smallest value that it has here, in its unit
 * @param most the largest
 * @param sourceLeast the smallest value that it had in the source
 * @param sourceMost the largest
 */
public record Unseen(
    String column, double least, double most, double sourceLeast, double sourceMost) {

  /** Null where a table that goes from least to most in that column keeps to what the source had, or that is not known. */
  static @Nullable Unseen of(
      String column, Schema.@Nullable Range source, double least, double most) {
    if (source == null || least > most) {
      return null;
    }
    double beyond = Math.max(most - source.most(), source.least() - least);
    double room = Math.max(source.most() - source.least(), source.roundingOf());
    return beyond > room ? new Unseen(column, least, most, source.least(), source.most()) : null;
  }

  /** Whether the source has one value there. */
  public boolean constant() {
    return sourceLeast == sourceMost;
  }
}
