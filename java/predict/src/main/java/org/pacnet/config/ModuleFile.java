package org.pacnet.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.RegularFiles;
import org.pacnet.internal.base.Sha256;

/** A file that PyTorch's {@code torch.jit.save} wrote, by its content; immutable. Two are equal that have the same SHA-256. */
public final class ModuleFile {
  private final String name;
  private final String sha256;
  private final byte[] content;

  private ModuleFile(String name, String sha256, byte[] content) {
    this.name = name;
    this.sha256 = sha256;
    this.content = content;
  }

  /** As it was written down: the name and what tells it apart, without the content. */
  @JsonCreator
  static ModuleFile named(
      @JsonProperty(value = "name", required = true) String name, @JsonProperty(value = "sha256", required = true) String sha256) {
    Check.that(sha256.matches("[0-9a-f]{64}"), "module", "the module's SHA-256", "must be 64 hexadecimal digits", sha256);
    return new ModuleFile(name, sha256, new byte[0]);
  }

  /** Throws a {@link DataException} if it can't be read, or has more than 2 GiB. */
  static ModuleFile read(Path file) {
    try {
      RegularFiles.check(file);
      if (Files.size(file) > Integer.MAX_VALUE - 8) {
        throw new DataException(String.format(Locale.ROOT, "%s has %,d bytes, more than 2 GiB", file, Files.size(file)), "module");
      }
      byte[] content = RegularFiles.read(file);
      return new ModuleFile(String.valueOf(file.getFileName()), Sha256.hex(content), content);
    } catch (IOException e) {
      throw new DataException(file + " can't be read: " + AtomicWrite.reason(e), e, "module");
    }
  }

  /** The file's name, without folders. */
  @JsonProperty
  public String name() {
    return name;
  }

  /** Of the file as it was given, in hexadecimal. */
  @JsonProperty
  public String sha256() {
    return sha256;
  }

  /** What it holds, or what a model kept of it: the code. Empty where only the name is known. Not to be changed. */
  public byte[] content() {
    return content;
  }

  /** The same file, of which this is known. */
  public ModuleFile with(byte[] known) {
    return new ModuleFile(name, sha256, known);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModuleFile file && file.sha256.equals(sha256);
  }

  @Override
  public int hashCode() {
    return sha256.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
