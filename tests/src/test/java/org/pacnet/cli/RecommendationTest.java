package org.pacnet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What compare recommends, read by the shell and by the parser of transfer, is what it measured. */
final class RecommendationTest {

  private static final List<String> WORDS = List.of("y", "two words", "it's", "-3", "a,b", "Zürich", "$HOME", "*", "a\"b\\c");

  // Values of every option that compare and transfer share, by name; "" for a flag. An option that is not here fails the test.
  private static final Map<String, List<String>> VALUES =
      Map.ofEntries(
          Map.entry("--source", List.of("sim.csv", "my runs/a b.csv", "SELECT * FROM 'it''s.csv'")),
          Map.entry("--target", List.of("fab.csv", "x'y.csv", "FROM t")),
          Map.entry("--init", List.of("w.safetensors", "a b.safetensors")),
          Map.entry("--new-classes", List.of("")),
          Map.entry("--label", WORDS),
          Map.entry("--task", List.of("regression", "REGRESSION")),
          Map.entry("--categorical", List.of("c", "c,d", "one two")),
          Map.entry("--date", List.of("day", "start,\"the end\"")),
          Map.entry("--ignore", List.of("id", "the id")),
          Map.entry("--missing", List.of("mean", "drop", "error")),
          Map.entry("--missing-words", List.of("", "NA,-", "none at all")),
          Map.entry("--no-standardize", List.of("")),
          Map.entry("--paper", List.of("")),
          Map.entry("--network", List.of("mlp")),
          Map.entry("--hidden", List.of("8", "8,4")),
          Map.entry("--activation", List.of("relu", "tanh")),
          Map.entry("--dropout", List.of("0.1")),
          Map.entry("--image-size", List.of("0")),
          Map.entry("--normalize", List.of("imagenet", "0.5,0.25")),
          Map.entry("--ratio", List.of("0.5", "0.9")),
          Map.entry("--per-layer", List.of("")),
          Map.entry("--plain", List.of("")),
          Map.entry("--exclude", List.of("layers.0.*", "a*,b?")),
          Map.entry("--lambda", List.of("0.5")),
          Map.entry("--source-epochs", List.of("3")),
          Map.entry("--allocate-epochs", List.of("4")),
          Map.entry("--target-epochs", List.of("5")),
          Map.entry("--lr", List.of("0.01")),
          Map.entry("--batch-size", List.of("16")),
          Map.entry("--loss", List.of("mae", "huber")),
          Map.entry("--huber-delta", List.of("0.5")),
          Map.entry("--optimizer", List.of("sgd", "adamw")),
          Map.entry("--momentum", List.of("0.5")),
          Map.entry("--target-lr", List.of("0.02")),
          Map.entry("--weight", List.of("w", "", "how much")),
          Map.entry("--target-share", List.of("0.3")),
          Map.entry("--extra", List.of("t", "t,the tool")),
          Map.entry("--curriculum", List.of("")),
          Map.entry("--jitter", List.of("x=0.1", "x=0.1,the tool=2")),
          Map.entry("--fold-by", List.of("batch", "a batch")),
          Map.entry("--fold-time", List.of("day", "the day")),
          Map.entry("--target-batch-size", List.of("8")),
          Map.entry("--schedule", List.of("linear", "constant")),
          Map.entry("--validation-share", List.of("0.2")),
          Map.entry("--seed", List.of("7", "-5")),
          Map.entry("--threads", List.of("3")),
          Map.entry("--device", List.of("cpu")),
          Map.entry("--precision", List.of("fp32")));

  // Of other networks or optimizers, or of a run alone.
  private static final Map<String, List<String>> OTHERS =
      Map.of(
          "images", List.of("--widths", "--base-width", "--augment"),
          "equations",
              List.of("--trajectory", "--time", "--action", "--reward", "--latent-width", "--consistency", "--segment", "--driven", "--substeps", "--tolerance", "--solver", "--time-shift", "--equation", "--condition-weight"),
          "modules", List.of("--module", "--head"),
          "adamw", List.of("--weight-decay", "--patience"),
          "classes", List.of("--balanced"),
          "of a run", List.of("--tune", "--report", "--json", "--help", "--version"));

  private static CommandLine parse(String... arguments) {
    CommandLine parser = Main.commandLine(arguments);
    parser.parseArgs(arguments);
    return parser.getSubcommands().get(arguments[0]);
  }

  private static TransferConfig transfer(List<String> words) {
    return ((TransferCommand) parse(words.toArray(String[]::new)).getCommand()).config();
  }

  // As a shell hands it to a program.
  private static List<String> words(String command) throws Exception {
    Process shell =
        new ProcessBuilder("sh", "-c", command.replace("./pacnet ", "printf '%s\\n' ")).redirectErrorStream(true).start();
    String out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, shell.waitFor(), out);
    return out.lines().toList();
  }

  private static void expectSame(List<String> compare, double rate) throws Exception {
    CommandLine parsed = parse(compare.toArray(String[]::new));
    TransferConfig measured = ((CompareCommand) parsed.getCommand()).config();
    TransferConfig best =
        measured.toBuilder().method(Method.L2SP).lambda(0.25).target(f -> f.learningRate(rate).epochs(77)).build();
    String line = Recommendation.of(parsed.getCommandSpec(), best);
    assertEquals(best, transfer(words(line)), line);
  }

  private static void add(List<String> arguments, String option, String value) {
    if (value.isEmpty() && !option.equals("--missing-words")) {
      arguments.add(option);
    } else {
      arguments.add(option + "=" + value);
    }
  }

  @Test
  void everyOptionIsRepeatedAsItWasMeant() throws Exception {
    CommandSpec compare = parse("compare", "--source=a.csv", "--target=b.csv", "--label=y").getCommandSpec();
    CommandSpec transfer = new CommandLine(new TransferCommand()).getCommandSpec();
    Set<String> shared =
        compare.options().stream()
            .map(OptionSpec::longestName)
            .filter(name -> transfer.findOption(name) != null)
            .collect(Collectors.toCollection(TreeSet::new));
    OTHERS.values().forEach(shared::removeAll);
    assertEquals(new TreeSet<>(VALUES.keySet()), shared);
    List<String> optional = VALUES.keySet().stream().filter(o -> !Set.of("--source", "--target", "--label").contains(o)).sorted().toList();
    Random random = new Random(3);
    for (int i = 0; i < 120; i++) {
      List<String> arguments = new ArrayList<>(List.of("compare"));
      for (String needed : List.of("--source", "--target", "--label")) {
        add(arguments, needed, pick(VALUES.get(needed), random));
      }
      // Each by itself first, then many together.
      List<String> chosen =
          i < optional.size()
              ? List.of(optional.get(i))
              : optional.stream().filter(o -> random.nextInt(3) == 0).toList();
      for (String option : chosen) {
        boolean clash =
            (option.equals("--plain") && chosen.contains("--per-layer"))
                || (option.equals("--fold-time") && chosen.contains("--fold-by"));
        if (!clash) {
          add(arguments, option, pick(VALUES.get(option), random));
        }
      }
      TransferConfig measured = ((CompareCommand) parse(arguments.toArray(String[]::new)).getCommand()).config();
      expectSame(arguments, i % 4 == 3 ? measured.target().learningRate() / 3 : measured.target().learningRate());
    }
  }

  @Test
  void otherNetworksTooAndSeveralLabels() throws Exception {
    for (String options :
        List.of(
            "--label a --label b --label=-c",
            "--network ode --trajectory run --time t --segment 5 --driven --substeps 2",
            "--network ode --trajectory run --time t --tolerance 0.001 --solver implicit --time-shift --curriculum",
            "--network pinn --equation wave --condition-weight 3 --hidden 8",
            "--label y --head head --module " + System.getProperty("pacnet.root") + "/tests/fixtures/script_table/module.pt",
            "--label y --optimizer adamw --weight-decay 0.1",
            "--label y --task classification --balanced",
            "--label y --validation-share 0.2 --patience 4")) {
      List<String> arguments = new ArrayList<>(List.of("compare", "--source", "a.csv", "--target", "b.csv"));
      arguments.addAll(Arrays.asList(options.split(" ", -1)));
      TransferConfig measured = ((CompareCommand) parse(arguments.toArray(String[]::new)).getCommand()).config();
      expectSame(arguments, measured.target().learningRate());
    }
  }

  private static String pick(List<String> of, Random random) {
    return of.get(random.nextInt(of.size()));
  }
}
