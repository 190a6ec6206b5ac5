package org.pacnet.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/**
 * A network of one's own, for tables or images: a module that PyTorch scripted or traced, and {@code torch.jit.save} wrote. Its weights are what
 * Train starts from; docs/torchscript.md says what can be taken, and what it means that such a file is code.
 *
 * @param module the file
 * @param head the name of the output layer, such as {@code fc} or {@code classifier.1}, which then has as many outputs as the task; null: the last
 *     matrix, where it has as many
 */
public record TorchScript(ModuleFile module, @Nullable String head) implements NetworkSpec {

  /** Throws a {@link DataException} if the head is no name. */
  public TorchScript {
    Check.that(head == null || head.matches("[\\w.]+"), "head", "the head", "must be the name of a layer, such as fc", head);
  }

  /** The module in a file; throws a {@link DataException} if that can't be read. */
  public static TorchScript of(Path file) {
    return new TorchScript(ModuleFile.read(file), null);
  }

  /** The same, with this output layer. */
  public TorchScript withHead(String name) {
    return new TorchScript(module, name);
  }

  @Override
  public boolean predictsLabels() {
    return true;
  }

  @Override
  public boolean hasFeatures() {
    return false;
  }
}
