package org.pacnet.internal.image;

import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** Images that have been found, with their classes, and not been decoded. */
interface ImageSource {

  int size();

  /** What to call an image in messages and in predictions: its path below what was opened. */
  String name(int image);

  /** The class of an image; null where none is known. */
  @Nullable String label(int image);

  /**
   * Decodes an image. From any thread.
   *
   * @param digest gets the bytes as they are on disk, unless it is null
   * @throws org.pacnet.error.DataException if the image is damaged
   */
  Pixels read(int image, @Nullable MessageDigest digest);
}
