package org.pacnet.data;

import java.util.List;
import org.pacnet.config.Missing;

/**
 * Which table encoded data came from.
 *
 * @param name what {@link Data#name()} calls it
 * @param rows number of rows used, those left out by {@link Missing#DROP} not counted
 * @param dropped number of rows left out by {@link Missing#DROP}
 * @param sha256 lower-case hex digest of the files' bytes, one file after the other in the order of
 *     their names; for a query of the values that it selected; for in-memory columns of each column's UTF-8 name, a zero byte and its values:
 *     doubles as little-endian ones, others as text, each with a zero byte behind it
 * @param unseen the inputs in which it goes where the source never was, in the source's order
 */
public record Provenance(
    String name, int rows, int dropped, String sha256, List<Unseen> unseen) {

  public Provenance {
    unseen = List.copyOf(unseen);
  }
}
