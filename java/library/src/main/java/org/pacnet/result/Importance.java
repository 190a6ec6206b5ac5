package org.pacnet.result;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which inputs a target's predictions depend on: its error on rows that had not been seen, and what it becomes where one column has
 * the values of other rows (permutation importance: Breiman 2001; Fisher, Rudin and Dominici 2019).
 *
 * @param inputs in the order of the schema
 * @param source the error of the source model as it is on the target's rows; null where the target has classes of its own
 * @param target the target's error
 * @param rows of the target that were asked
 * @param unit the label that errors are in the unit of, as RMSE; empty for classes, whose error is the mean −log p
 */
public record Importance(List<Input> inputs, @Nullable Double source, double target, int rows, String unit) {

  /**
   * A column, and the errors where it is shuffled: well above those where it is not for one that is needed.
   *
   * @param name its name
   * @param source of the source model
   * @param target of the target
   * @param correction of the target, where the source sees the column as it is and only what was learnt beyond the source is asked with
   *     the shuffled one
   */
  public record Input(String name, @Nullable Double source, double target, @Nullable Double correction) {}

  private static final int NAMED = 3;

  /** The inputs by how much the target needs them, the most needed first. */
  public List<Input> sorted() {
    return inputs.stream().sorted(Comparator.comparingDouble(input -> -input.target())).toList();
  }

  /** What counts, in a sentence. */
  public String verdict() {
    List<Input> needed = sorted().stream().filter(input -> input.target() > target).limit(NAMED).toList();
    if (needed.isEmpty()) {
      return "No column makes the error of the target larger where it is shuffled: what was learnt depends on none.";
    }
    StringBuilder said =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "The target needs %s most: shuffled, the error is %s in place of %s",
                needed.get(0).name(),
                text(needed.get(0).target()),
                text(target)));
    for (Input input : needed.subList(1, needed.size())) {
      said.append(String.format(Locale.ROOT, "; of %s %s", input.name(), text(input.target())));
    }
    said.append('.');
    inputs.stream()
        .filter(input -> input.correction() != null && input.correction() > target)
        .max(Comparator.comparingDouble(Input::correction))
        .ifPresent(
            input ->
                said.append(
                    String.format(
                        Locale.ROOT,
                        " Where it differs from the source it goes most by %s (%s).",
                        input.name(),
                        text(input.correction()))));
    return said.toString();
  }

  /** An error for people. */
  public String text(double error) {
    return String.format(Locale.ROOT, "%.3g", error);
  }
}
