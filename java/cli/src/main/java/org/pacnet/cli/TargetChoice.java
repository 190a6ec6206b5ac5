package org.pacnet.cli;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.error.DataException;
import picocli.CommandLine.Option;

/** Which of a model's tasks a command is about. */
final class TargetChoice {

  @Option(
      names = "--name",
      paramLabel = "TARGET",
      description = "A target of the model; may be left out if there is only one")
  private @Nullable String name;

  @Option(names = "--source-task", description = "The source task, by the model's base.")
  private boolean sourceTask;

  @Option(
      names = "--group-by",
      paramLabel = "COLUMN",
      description = "Each row by the target that this column names, of many")
  private @Nullable String groupBy;

  /** The column that says which of many targets; null where it is one task. */
  @Nullable String groupBy() {
    if (groupBy != null && (name != null || sourceTask)) {
      throw new DataException("--group-by says which targets: leave --name and --source-task out");
    }
    return groupBy;
  }

  /** The target's name, or null for the source task. */
  @Nullable String resolve(Model model) {
    if (sourceTask) {
      if (name != null) {
        throw new DataException("--name and --source-task exclude each other: give one of them");
      }
      return null;
    }
    if (name == null && model.targetNames().isEmpty()) {
      throw new DataException("the model has no target yet: run calibrate, or add --source-task");
    }
    return one(model, name);
  }

  /** The target of that name, or if there is none the only one. */
  static String one(Model model, @Nullable String name) {
    if (name != null) {
      return name;
    }
    Set<String> targets = model.targetNames();
    if (targets.size() == 1) {
      return targets.iterator().next();
    }
    throw new DataException(
        targets.isEmpty()
            ? "the model has no target yet: run calibrate"
            : "the model has several targets: choose with --name " + Text.some(targets, " | "));
  }
}
