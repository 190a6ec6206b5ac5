package org.pacnet.internal.learn;

import java.lang.ref.SoftReference;
import java.util.function.Supplier;

/**
 * One target of a model: in memory, or in files that are read when it is asked for, so that thousands cost nothing to those
 * who want one.
 */
public final class TargetSlot {

  private final Supplier<TargetModel> read;
  private SoftReference<TargetModel> last = new SoftReference<>(null);

  private TargetSlot(Supplier<TargetModel> read) {
    this.read = read;
  }

  public static TargetSlot of(TargetModel target) {
    return new TargetSlot(() -> target);
  }

  public static TargetSlot reading(Supplier<TargetModel> read) {
    return new TargetSlot(read);
  }

  /** Throws a {@link org.pacnet.error.ModelFormatException} if its files are damaged. */
  public synchronized TargetModel get() {
    TargetModel target = last.get();
    if (target == null) {
      target = read.get();
      last = new SoftReference<>(target);
    }
    return target;
  }
}
