package org.pacnet;

import java.lang.ref.SoftReference;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One target of a model: in memory, or in files that are read when it is asked for, so that thousands cost nothing to those
 * who want one.
 */
final class TargetSlot {

  private final @Nullable TargetModel known;
  private final @Nullable Supplier<TargetModel> read;
  private SoftReference<TargetModel> last = new SoftReference<>(null);

  private TargetSlot(@Nullable TargetModel known, @Nullable Supplier<TargetModel> read) {
    this.known = known;
    this.read = read;
  }

  static TargetSlot of(TargetModel target) {
    return new TargetSlot(target, null);
  }

  static TargetSlot reading(Supplier<TargetModel> read) {
    return new TargetSlot(null, read);
  }

  /** Throws a {@link org.pacnet.error.ModelFormatException} if its files are damaged. */
  TargetModel get() {
    return read == null ? Objects.requireNonNull(known) : reread(read);
  }

  private synchronized TargetModel reread(Supplier<TargetModel> reader) {
    TargetModel target = last.get();
    if (target == null) {
      target = reader.get();
      last = new SoftReference<>(target);
    }
    return target;
  }
}
