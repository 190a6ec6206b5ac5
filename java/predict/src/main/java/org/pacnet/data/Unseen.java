package org.pacnet.data;


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

  /** Whether the source has one value there. */
  public boolean constant() {
    return sourceLeast == sourceMost;
  }
}
