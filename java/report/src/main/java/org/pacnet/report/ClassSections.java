package org.pacnet.report;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.Evaluation;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.base.Softmax;

/** Predicted classes beside true ones. */
final class ClassSections {

  private static final int MOST_CLASSES = 30;
  private static final int MOST_NUMBERS = 12;
  private static final int BINS = 10;
  private static final int MOST_PICTURES = 12;
  private static final int PIXELS = 80;

  private final Evaluation evaluation;
  private final List<String> classes;
  private final int[] truth;
  private final double[][] probabilities;
  private final int[] said;

  private ClassSections(Evaluation evaluation) {
    this.evaluation = evaluation;
    classes = evaluation.classes();
    truth = evaluation.trueClasses();
    probabilities = evaluation.probabilities();
    said = new int[truth.length];
    for (int r = 0; r < said.length; r++) {
      said[r] = Softmax.mostProbable(probabilities[r]);
    }
  }

  static List<Page.Section> of(Evaluation evaluation) {
    ClassSections these = new ClassSections(evaluation);
    List<Page.Section> sections = new ArrayList<>(List.of(these.confusion(), these.reliability()));
    Page.Section pictures = these.pictures();
    if (pictures != null) {
      sections.add(pictures);
    }
    return sections;
  }

  /** The share of rows that are not of the most frequent class. */
  static double withoutMostFrequent(Evaluation evaluation) {
    long most =
        Objects.requireNonNull(evaluation.metrics().confusion()).stream()
            .mapToLong(taken -> taken.stream().mapToLong(Long::longValue).sum())
            .max()
            .orElseThrow();
    return 1 - (double) most / evaluation.rows();
  }

  private Page.Section confusion() {
    List<List<Long>> matrix = Objects.requireNonNull(evaluation.metrics().confusion());
    List<List<Object>> rows = new ArrayList<>();
    long[] mistakes = new long[classes.size()];
    for (int t = 0; t < classes.size(); t++) {
      List<Long> taken = matrix.get(t);
      long all = taken.stream().mapToLong(Long::longValue).sum();
      long right = taken.get(t);
      int other = -1;
      long called = 0;
      for (int c = 0; c < classes.size(); c++) {
        called += matrix.get(c).get(t);
        if (c != t) {
          mistakes[t] += taken.get(c) + matrix.get(c).get(t);
          other = taken.get(c) > 0 && (other < 0 || taken.get(c) > taken.get(other)) ? c : other;
        }
      }
      rows.add(
          Page.row(
              classes.get(t),
              all,
              all > 0 ? 100.0 * right / all : null,
              called > 0 ? 100.0 * right / called : null,
              other < 0 ? null : classes.get(other),
              other < 0 ? null : taken.get(other)));
    }
    List<Integer> shown =
        IntStream.range(0, classes.size())
            .boxed()
            .sorted(Comparator.<Integer>comparingLong(c -> -mistakes[c]).thenComparing(c -> c))
            .limit(MOST_CLASSES)
            .sorted()
            .toList();
    List<String> names = shown.stream().map(classes::get).toList();
    List<List<Double>> cells = new ArrayList<>();
    double most = 1;
    for (int t : shown) {
      List<Double> line = shown.stream().map(c -> (double) matrix.get(t).get(c)).toList();
      most = Math.max(most, line.stream().mapToDouble(v -> v).max().orElse(1));
      cells.add(line);
    }
    return new Page.Section(
        "Which class is taken for which",
        String.format(
            Locale.ROOT,
            "Rows of %s: a line is a true class, a column what it was taken for. Where each class counts alike, %s of the rows are right"
                + " (balanced accuracy); macro F1 is %.3f%s.%s",
            evaluation.data().name(),
            Words.percent(Objects.requireNonNull(evaluation.metrics().balancedAccuracy())),
            evaluation.metrics().f1(),
            evaluation.metrics().auc() == null
                ? ""
                : String.format(Locale.ROOT, ", the area under the ROC curve %.3f", evaluation.metrics().auc()),
            classes.size() > MOST_CLASSES
                ? String.format(
                    Locale.ROOT,
                    " The %d of %d classes with the most mistakes are drawn; the table has all.",
                    MOST_CLASSES,
                    classes.size())
                : ""),
        List.of(
            Charts.heat(
                "",
                String.format(
                    Locale.ROOT,
                    "The confusion matrix of %d classes: %s of the rows are right",
                    classes.size(),
                    Words.percent(1 - evaluation.metrics().error())),
                new Charts.Side("predicted", names),
                new Charts.Side("true", names),
                cells,
                new Charts.Scale("rows", 0, most, false, shown.size() <= MOST_NUMBERS))),
        new Page.Table(
            List.of(
                Page.text("class"),
                Page.number("rows"),
                Page.number("% found (recall)"),
                Page.number("% right where said (precision)"),
                Page.text("most often taken for"),
                Page.number("so many times")),
            rows));
  }

  private Page.Section reliability() {
    long[] counts = new long[BINS];
    double[] sure = new double[BINS];
    long[] right = new long[BINS];
    for (int r = 0; r < said.length; r++) {
      double p = probabilities[r][said[r]];
      int bin = (int) Math.min(BINS - 1, p * BINS);
      counts[bin]++;
      sure[bin] += p;
      right[bin] += said[r] == truth[r] ? 1 : 0;
    }
    List<List<Object>> rows = new ArrayList<>();
    List<double[]> points = new ArrayList<>();
    double gap = 0;
    for (int b = 0; b < BINS; b++) {
      if (counts[b] > 0) {
        double mean = sure[b] / counts[b];
        double share = (double) right[b] / counts[b];
        points.add(new double[] {mean, share});
        gap += Math.abs(mean - share) * counts[b] / said.length;
        rows.add(Page.row((double) b / BINS, (b + 1.0) / BINS, counts[b], mean, share));
      }
    }
    return new Page.Section(
        "How sure it is, and how often right",
        "Rows by the probability of the class that was said. On the dotted line the model is as"
            + " often right as it says; below it is too sure of itself."
            + String.format(
                Locale.ROOT,
                " On average the two are %s apart (expected calibration error, Guo et al. 2017).",
                Words.percent(gap)),
        List.of(
            Charts.square(
                "",
                String.format(
                    Locale.ROOT,
                    "The share of right rows against the probability that the model gave; on"
                        + " average they are %s apart",
                    Words.percent(gap)),
                new Charts.Axis("probability of the class that was said", false),
                new Charts.Axis("share that is right", false),
                List.of(
                    new Charts.Curve(
                        evaluation.data().name(),
                        0,
                        Charts.Style.LINE,
                        points.stream().mapToDouble(p -> p[0]).toArray(),
                        points.stream().mapToDouble(p -> p[1]).toArray())),
                0,
                1)),
        new Page.Table(
            List.of(
                Page.number("probability from"),
                Page.number("to"),
                Page.number("rows"),
                Page.number("mean probability"),
                Page.number("share that is right")),
            rows));
  }

  // The mistakes it was most sure of, and as many that are right, evenly over the data.
  private Page.@Nullable Section pictures() {
    if (evaluation.path(0) == null) {
      return null;
    }
    List<Integer> wrong =
        IntStream.range(0, said.length)
            .filter(r -> said[r] != truth[r])
            .boxed()
            .sorted(Comparator.comparingDouble(r -> -probabilities[r][said[r]]))
            .limit(MOST_PICTURES)
            .toList();
    int[] right = IntStream.range(0, said.length).filter(r -> said[r] == truth[r]).toArray();
    List<Integer> some = IntStream.of(Charts.chosen(right.length, MOST_PICTURES)).mapToObj(i -> right[i]).toList();
    List<Page.Chart> charts = new ArrayList<>();
    if (!wrong.isEmpty()) {
      charts.add(chart("Wrong, the surest first", wrong));
    }
    if (!some.isEmpty()) {
      charts.add(chart("Right", some));
    }
    List<List<Object>> rows = new ArrayList<>();
    for (int r : wrong) {
      rows.add(row(r));
    }
    some.forEach(r -> rows.add(row(r)));
    return new Page.Section(
        "Pictures",
        String.format(
            Locale.ROOT,
            "As the network sees them, larger ones made smaller: %d of %s that are wrong, and %d of"
                + " %s that are right.",
            wrong.size(),
            Words.count(said.length - right.length),
            some.size(),
            Words.count(right.length)),
        charts,
        new Page.Table(
            List.of(
                Page.text("picture"),
                Page.text("true"),
                Page.text("predicted"),
                Page.number("probability")),
            rows));
  }

  private List<Object> row(int r) {
    return Page.row(evaluation.path(r), classes.get(truth[r]), classes.get(said[r]), probabilities[r][said[r]]);
  }

  private Page.Chart chart(String title, List<Integer> chosen) {
    List<Map<String, Object>> pictures = new ArrayList<>();
    for (int r : chosen) {
      boolean right = said[r] == truth[r];
      String sure = Words.percent(probabilities[r][said[r]]);
      String text =
          right
              ? String.format(Locale.ROOT, "%s (%s)", classes.get(said[r]), sure)
              : String.format(
                  Locale.ROOT,
                  "%s, said %s (%s)",
                  classes.get(truth[r]),
                  classes.get(said[r]),
                  sure);
      pictures.add(
          Json.object(
              "picture",
              "data:image/png;base64,"
                  + Base64.getEncoder().encodeToString(evaluation.picture(r, PIXELS)),
              "name",
              String.format(Locale.ROOT, "%s: %s", evaluation.path(r), text),
              "text",
              text,
              "right",
              right));
    }
    return new Page.Chart(
        "pictures",
        title,
        String.format(Locale.ROOT, "%s: %d pictures", title, chosen.size()),
        Json.object("pictures", pictures));
  }
}
