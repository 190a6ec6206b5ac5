package org.pacnet.data;

import java.io.File;
import java.util.Objects;

/** A table in files; see {@link Data#files}. */
record FileData(String pathOrGlob) implements Data {

  FileData {
    Objects.requireNonNull(pathOrGlob, "pathOrGlob");
  }

  @Override
  public String name() {
    int slash = Math.max(pathOrGlob.lastIndexOf('/'), pathOrGlob.lastIndexOf(File.separatorChar));
    return pathOrGlob.substring(slash + 1);
  }
}
