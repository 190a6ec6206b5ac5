package org.pacnet.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pacnet.Diagnosis;
import org.pacnet.Evaluation;
import org.pacnet.Model;
import org.pacnet.config.Pinn;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Provenance;
import org.pacnet.internal.base.Json;
import org.pacnet.result.Importance;
import org.pacnet.result.LearningCurve;
import org.pacnet.result.Metrics;
import org.pacnet.result.Phase;
import org.pacnet.result.PhaseReport;
import org.pacnet.result.Tuning;

/** The pages: one for each thing that people send on. */
public final class Reports {

  private Reports() {}

  /**
   * A transfer: the target's error on rows that no phase has seen, and what the phases did.
   *
   * @param before the source model on those rows; null where there are none, or where the target has classes of its own
   * @param after the target's on them; null where there are none
   * @param tuning what was tried before; null for nothing
   * @param curve null where nobody asked for it
   * @param importance likewise
   * @param command that repeats it
   */
  public static Page transfer(
      Model model,
      String target,
      @Nullable Evaluation before,
      @Nullable Evaluation after,
      @Nullable Tuning tuning,
      @Nullable LearningCurve curve,
      @Nullable Importance importance,
      String command) {
    PhaseReport calibrate = model.report(target);
    List<Page.Section> sections = new ArrayList<>();
    StringBuilder lead = new StringBuilder(transferLead(model, before, after, calibrate, tuning, importance));
    if (after != null) {
      sections.add(errors(model, before, after));
      sections.addAll(rows(model, after));
    }
    if (tuning != null) {
      lead.append(' ').append(tuning.verdict());
      sections.add(TuningSections.of(Comparison.of(model, tuning, tuning.best())));
    }
    Page.Section relatives = FamilySections.relatives(target, calibrate);
    if (relatives != null) {
      sections.add(relatives);
    }
    if (curve != null) {
      sections.add(TuningSections.of(curve));
    }
    if (importance != null) {
      sections.add(TuningSections.of(importance));
    }
    Provenance learnt = Objects.requireNonNull(calibrate.data());
    sections.addAll(
        after == null ? PhaseSections.unseen(learnt) : PhaseSections.unseen(learnt, after.data()));
    Map<String, PhaseReport> phases = PhaseSections.phases(model, Map.of(target, calibrate));
    sections.addAll(model(model, phases));
    sections.add(PhaseSections.data(phases));
    sections.add(settings(model.config(target)));
    return new Page("Transfer to " + target, lead.toString(), facts(model, command), sections);
  }

  private static String rows(Model model) {
    return model.schema().image() != null ? "pictures" : "rows";
  }

  // In plain words: does it help, by how much, how sure.
  private static String transferLead(
      Model model,
      @Nullable Evaluation before,
      @Nullable Evaluation after,
      PhaseReport calibrate,
      @Nullable Tuning tuning,
      @Nullable Importance importance) {
    Provenance data = Objects.requireNonNull(calibrate.data());
    String rows = rows(model);
    String learnt =
        String.format(
            Locale.ROOT,
            "%s %s of %s were learnt from.",
            Words.count(data.rows()),
            rows,
            data.name());
    if (after == null && tuning != null) {
      return learnt; // cross-validation says the rest
    }
    if (after == null && importance != null) {
      return String.format(
          Locale.ROOT,
          "%s On rows of it that were held out in turn the target is off by %s%s.",
          learnt,
          importance.text(importance.target()),
          importance.unit().isEmpty() ? " (mean -log p)" : " (RMSE of " + importance.unit() + ")");
    }
    if (after == null) {
      return learnt
          + " How good the result is can't be said: that takes rows that Calibrate has not seen"
          + " (--test FILE). Errors below are on training rows.";
    }
    String has =
        String.format(
            Locale.ROOT,
            "%s On %s %s of %s, which no phase has seen, the model has %s.",
            learnt,
            Words.count(after.rows()),
            rows,
            after.data().name(),
            Words.error(after.metrics()));
    if (before == null) {
      return has
          + String.format(
              Locale.ROOT,
              " The target has classes of its own, of which the source model can say nothing;"
                  + " always the most frequent of them would be %s wrong.",
              Words.percent(ClassSections.withoutMostFrequent(after)));
    }
    String was =
        has
            + String.format(
                Locale.ROOT, " The source model as it is has %s.", Words.error(before.metrics()));
    if (model.config().network() instanceof Pinn) {
      double less = 1 - after.metrics().error() / before.metrics().error();
      return was
          + String.format(
              Locale.ROOT,
              " That is %s %s. Points of one field are no samples of many, so how sure that is they"
                  + " can't say.",
              Words.percent(Math.abs(less)),
              less >= 0 ? "lower" : "higher");
    }
    ErrorRatio ratio = ErrorRatio.of(after, before);
    return was
        + (ratio == null
            ? " There are too few rows, or no errors, to say how sure the difference is."
            : " " + verdict(ratio));
  }

  private static String verdict(ErrorRatio ratio) {
    boolean lower = ratio.ratio() <= 1;
    String by =
        String.format(
            Locale.ROOT,
            "the error is %s %s (95 %% interval: %s to %s)",
            Words.percent(Math.abs(1 - ratio.ratio())),
            lower ? "lower" : "higher",
            Words.percent(lower ? 1 - ratio.high() : ratio.low() - 1),
            Words.percent(lower ? 1 - ratio.low() : ratio.high() - 1));
    if (ratio.high() < 1) {
      return "Learning the target's rows helps: " + by + ".";
    }
    return ratio.low() > 1
        ? "Learning the target's rows harms: "
            + by
            + ". Here the source model is better left alone."
        : "Whether learning the target's rows helps can't be told: " + by + ".";
  }

  /**
   * A model without any data at hand: its phases, its weights, its targets.
   *
   * @param command that made the page
   */
  public static Page model(Model model, String command) {
    Map<String, PhaseReport> targets = model.targets();
    boolean one = targets.size() == 1;
    Map<String, PhaseReport> phases = PhaseSections.phases(model, one ? targets : Map.of());
    List<Page.Section> sections = new ArrayList<>();
    if (targets.size() > 1) {
      sections.add(TargetSections.calibrated(model, targets));
    }
    sections.addAll(FamilySections.of(model, targets));
    sections.addAll(model(model, phases));
    sections.add(PhaseSections.data(phases));
    sections.add(settings(model.config()));
    String lead =
        String.format(
            Locale.ROOT,
            "A model of %s that %s. It has %s. How good it is on rows that it has not seen,"
                + " evaluate --report says.",
            model.schema().labels().get(0).name(),
            model.reports().stream().noneMatch(report -> report.phase() == Phase.ALLOCATE)
                ? "has not been allocated yet"
                : "has learnt its source and was pruned, and keeps what it knows of it under every"
                      + " target, bit for bit",
            targets.isEmpty()
                ? "no target yet"
                : targets.size() == 1 ? "one target" : Words.count(targets.size()) + " targets");
    return new Page("The model", lead, facts(model, command), sections);
  }

  /**
   * What a model says of labelled rows.
   *
   * @param target its name; null for the source task
   */
  public static Page evaluation(Model model, @Nullable String target, Evaluation evaluation, String command) {
    String what = target == null ? "the source task" : target;
    List<Page.Section> sections = new ArrayList<>(rows(model, evaluation));
    String lead =
        String.format(
            Locale.ROOT,
            "On %s %s of %s the model of %s has %s.",
            Words.count(evaluation.rows()),
            rows(model),
            evaluation.data().name(),
            what,
            Words.error(evaluation.metrics()));
    List<List<String>> facts = facts(model, command);
    facts.add(List.of("Data", words(evaluation.data())));
    Map<String, PhaseReport> phases =
        PhaseSections.phases(model, target == null ? Map.of() : Map.of(target, model.report(target)));
    sections.addAll(PhaseSections.unseen(evaluation.data()));
    sections.add(PhaseSections.data(phases));
    sections.add(settings(target == null ? model.config() : model.config(target)));
    return new Page("Errors of " + what, lead, facts, sections);
  }

  private static String words(Provenance data) {
    return String.format(
        Locale.ROOT,
        "%s, %s rows, SHA-256 %s",
        data.name(),
        Words.count(data.rows()),
        data.sha256());
  }

  /** The errors of many targets, by name, on rows of {@code data}. */
  public static Page targets(Model model, Map<String, Metrics> errors, String data, String command) {
    double median = TargetSections.median(errors.values().stream().mapToDouble(Metrics::error).toArray());
    Map.Entry<String, Metrics> worst =
        errors.entrySet().stream().max(Comparator.comparingDouble(e -> e.getValue().error())).orElseThrow();
    double unit = PhaseSections.unit(worst.getValue());
    String lead =
        String.format(
            Locale.ROOT,
            "%s targets on their rows of %s. Half of them have an error of at most %s (%s); the"
                + " worst is %s with %s.",
            Words.count(errors.size()),
            data,
            Words.number(unit * median),
            PhaseSections.errorTitle(model),
            worst.getKey(),
            Words.number(unit * worst.getValue().error()));
    return new Page(
        String.format(Locale.ROOT, "%s targets", Words.count(errors.size())),
        lead,
        facts(model, command),
        List.of(
            TargetSections.evaluated(model, errors),
            PhaseSections.data(PhaseSections.phases(model, Map.of())),
            settings(model.config())));
  }

  /**
   * Ways to learn a target.
   *
   * @param config what they have in common
   * @param take the command that learns by the best of them
   * @param command that repeats the comparison
   */
  public static Page comparison(Comparison comparison, TransferConfig config, String take, String command) {
    List<List<String>> facts = new ArrayList<>();
    facts.add(List.of("Command", command));
    facts.add(List.of("Take the best", take));
    if (comparison.source() != null) {
      facts.add(List.of("Source", words(comparison.source())));
    }
    facts.add(List.of("Target", words(comparison.target())));
    facts.addAll(versions());
    return new Page(
        "Ways to learn the target",
        comparison.verdict(),
        facts,
        List.of(TuningSections.of(comparison), settings(config)));
  }

  private static List<Page.Section> model(Model model, Map<String, PhaseReport> phases) {
    List<Page.Section> sections = new ArrayList<>(PhaseSections.retention(model));
    sections.add(PhaseSections.losses(phases));
    if (model.layers().stream().anyMatch(layer -> layer.kept() < layer.size())) {
      sections.addAll(WeightSections.of(model));
    }
    return sections;
  }

  private static List<Page.Section> rows(Model model, Evaluation evaluation) {
    if (!evaluation.classes().isEmpty()) {
      return ClassSections.of(evaluation);
    }
    List<Page.Section> sections = new ArrayList<>();
    if (evaluation.alongTrajectories()) {
      sections.addAll(TrajectorySections.of(evaluation));
    }
    if (model.config().network() instanceof Pinn) {
      sections.addAll(FieldSections.of(evaluation));
    }
    sections.addAll(NumberSections.of(evaluation));
    return sections;
  }

  private static Page.Section errors(Model model, @Nullable Evaluation before, Evaluation after) {
    double unit = PhaseSections.unit(after.metrics());
    List<String> names = new ArrayList<>();
    List<Double> errors = new ArrayList<>();
    List<List<Object>> rows = new ArrayList<>();
    if (before != null) {
      names.add("the source model as it is");
      errors.add(unit * before.metrics().error());
    }
    names.add("after Calibrate");
    errors.add(unit * after.metrics().error());
    for (int i = 0; i < names.size(); i++) {
      rows.add(Page.row(names.get(i), errors.get(i), after.rows()));
    }
    String title = PhaseSections.errorTitle(model);
    return new Page.Section(
        "The target's error",
        String.format(
            Locale.ROOT,
            "On the rows of %s, which no phase has seen. Whether it also beats training on the"
                + " target's few rows alone, compare --methods pac,scratch tells.",
            after.data().name()),
        List.of(
            Charts.bars(
                "",
                String.format(
                    Locale.ROOT,
                    "The target's error, after Calibrate %s",
                    Words.number(unit * after.metrics().error())),
                title,
                names,
                errors)),
        new Page.Table(List.of(Page.text("model"), Page.number(title), Page.number("rows")), rows));
  }

  /** Settings as a saved model has them, without what computes: that is each run's. */
  public static JsonNode saved(TransferConfig config) {
    return Json.MAPPER.<ObjectNode>valueToTree(config).without("compute");
  }

  /** What a model was told, setting by setting. */
  public static Page.Section settings(TransferConfig config) {
    List<List<Object>> rows = new ArrayList<>();
    addSettings("", saved(config), rows);
    return new Page.Section(
        "The settings",
        "All of them, as inspect --json has them.",
        List.of(),
        new Page.Table(List.of(Page.text("setting"), Page.text("value")), rows));
  }

  private static void addSettings(String prefix, JsonNode tree, List<List<Object>> rows) {
    for (Map.Entry<String, JsonNode> field : tree.properties()) {
      if (field.getValue().isObject()) {
        addSettings(prefix + field.getKey() + ".", field.getValue(), rows);
      } else {
        rows.add(Page.row(prefix + field.getKey(), value(field.getValue())));
      }
    }
  }

  private static @Nullable String value(JsonNode node) {
    if (node.isArray()) {
      List<String> parts = new ArrayList<>();
      node.forEach(part -> parts.add(part.asText()));
      return String.join(", ", parts);
    }
    return node.isNull() ? null : node.asText();
  }

  private static List<List<String>> facts(Model model, String command) {
    List<List<String>> facts = new ArrayList<>();
    facts.add(List.of("Command", command));
    facts.add(List.of("Network", model.describe()));
    facts.addAll(versions());
    return facts;
  }

  /** What made a page. */
  public static List<List<String>> versions() {
    Diagnosis diagnosis = Diagnosis.take();
    return List.of(
        List.of(
            "Versions",
            String.format(
                Locale.ROOT,
                "PAC-Net %s, LibTorch %s, Java %s",
                diagnosis.pacnet(),
                diagnosis.libtorch(),
                diagnosis.java())),
        List.of(
            "Machine",
            String.format(
                Locale.ROOT,
                "%d processors, %s loops",
                diagnosis.processors(),
                diagnosis.cpuCapability())),
        List.of("Day", LocalDate.now(ZoneId.systemDefault()).toString()));
  }
}
