package org.pacnet.cli;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.pacnet.config.Calibrating;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The command that makes what {@code compare} found best: all that was given to compare and that transfer knows too, as it
 * was given, and what was chosen.
 */
final class Recommendation {

  /** What compare decides, or what is of one run alone. */
  private static final Set<String> NOT_REPEATED =
      Set.of("--method", "--lambda", "--ratio", "--target-lr", "--target-epochs", "--target-share", "--tune", "--report", "--json");

  private Recommendation() {}

  /**
   * @param compare the command as it was parsed
   * @param best what was found
   */
  static String of(CommandSpec compare, TransferConfig best) {
    List<String> words = new ArrayList<>();
    CommandSpec transfer = new CommandLine(new TransferCommand()).getCommandSpec();
    // Named once for each time that it was given.
    for (OptionSpec option : new LinkedHashSet<>(compare.commandLine().getParseResult().matchedOptions())) {
      String name = option.longestName();
      if (transfer.findOption(name) != null && !NOT_REPEATED.contains(name) && isOf(best.calibrate(), name)) {
        repeat(option, words);
      }
    }
    String given = words.stream().map(Shell::quoted).collect(Collectors.joining(" "));
    return "./pacnet transfer " + given + " " + TuneReport.options(best) + " --out model";
  }

  // What changes a network's training is not of a method that trains none.
  private static boolean isOf(Calibrating best, String option) {
    return switch (option) {
      case "--curriculum" -> best.curriculum();
      case "--jitter" -> !best.jitter().isEmpty();
      default -> true;
    };
  }

  private static void repeat(OptionSpec option, List<String> words) {
    if (option.originalStringValues().isEmpty() || option.arity().max() == 0) {
      words.add(option.longestName());
      return;
    }
    for (String value : option.originalStringValues()) {
      // What begins with a dash, or is nothing, would be taken for an option, or for none.
      if (value.isEmpty() || value.startsWith("-")) {
        words.add(option.longestName() + "=" + value);
      } else {
        words.add(option.longestName());
        words.add(value);
      }
    }
  }
}
