package org.pacnet.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.result.Family;
import org.pacnet.result.PhaseReport;

/** Which of a model's targets are near each other, and what was learnt from which. */
final class FamilySections {

  private static final int FEWEST = 2;
  private static final int MOST = 60;
  private static final int MOST_NUMBERS = 12;
  private static final int MOST_NAMED = 3;
  private static final double SLIGHT = 0.005;

  private FamilySections() {}

  /** All there is to say of it. */
  static List<Page.Section> of(Model model, Map<String, PhaseReport> targets) {
    List<Page.Section> sections = new ArrayList<>();
    List<String> some = targets.keySet().stream().limit(MOST).toList();
    Family family = some.size() < FEWEST ? null : model.family(some);
    if (family != null && family.names().size() > FEWEST) {
      sections.add(near(family, targets.size()));
    }
    targets.forEach(
        (name, report) -> {
          Page.Section from = targets.size() <= MOST ? relatives(name, report) : null;
          if (from != null) {
            sections.add(from);
          }
        });
    return sections;
  }

  private static Page.Section near(Family family, int targets) {
    List<Integer> order = order(family.apart());
    List<String> names = order.stream().map(family.names()::get).toList();
    List<List<Double>> cells =
        order.stream().map(i -> order.stream().map(j -> Charts.rounded(family.apart().get(i).get(j))).toList()).toList();
    double most = cells.stream().flatMap(List::stream).mapToDouble(v -> v).max().orElse(1);
    List<List<Object>> rows = new ArrayList<>();
    for (int i : order) {
      if (family.names().get(i).equals(Family.SOURCE)) {
        continue;
      }
      int nearest =
          IntStream.range(0, family.names().size())
              .filter(j -> j != i && !family.names().get(j).equals(Family.SOURCE))
              .boxed()
              .min(Comparator.comparing(family.apart().get(i)::get))
              .orElseThrow();
      rows.add(
          Page.row(
              family.names().get(i),
              family.names().get(nearest),
              family.apart().get(i).get(nearest),
              family.apart().get(i).get(family.names().indexOf(Family.SOURCE))));
    }
    String unit = family.unit();
    return new Page.Section(
        "Which target is near which",
        String.format(
            Locale.ROOT,
            "How far apart two targets' predictions are on rows of the source, as a root mean square of %s; neighbours stand side by side.%s"
                + " Where one is much nearer to others than to the source, it can be learnt from them (merge, and the methods metavote, hub and teachers).",
            unit,
            targets > MOST ? String.format(Locale.ROOT, " The first %d of %d targets.", MOST, targets) : ""),
        List.of(
            Charts.heat(
                "",
                String.format(Locale.ROOT, "How far %d targets and the source are from each other", names.size() - 1),
                new Charts.Side("", names),
                new Charts.Side("", names),
                cells,
                new Charts.Scale(unit, 0, most > 0 ? most : 1, false, names.size() <= MOST_NUMBERS))),
        new Page.Table(
            List.of(Page.text("target"), Page.text("nearest target"), Page.number("apart"), Page.number("apart from the source")), rows));
  }

  // From the source to the nearest, and from there to the nearest of the others.
  private static List<Integer> order(List<List<Double>> apart) {
    Set<Integer> left = new LinkedHashSet<>(IntStream.range(1, apart.size()).boxed().toList());
    List<Integer> order = new ArrayList<>(List.of(0));
    while (!left.isEmpty()) {
      List<Double> from = apart.get(order.get(order.size() - 1));
      Integer next = left.stream().min(Comparator.comparing(from::get)).orElseThrow();
      order.add(next);
      left.remove(next);
    }
    return order;
  }

  /** How much each of the targets that another was learnt from counted; null where there are none. */
  static Page.@Nullable Section relatives(String name, PhaseReport report) {
    Map<String, Double> relatives = report.relatives();
    if (relatives == null) {
      return null;
    }
    List<Map.Entry<String, Double>> sorted =
        relatives.entrySet().stream().sorted(Map.Entry.<String, Double>comparingByValue().reversed()).toList();
    List<String> first =
        sorted.stream()
            .limit(MOST_NAMED)
            .filter(one -> one.getValue() >= SLIGHT)
            .map(one -> one.getKey() + " (" + Words.percent(one.getValue()) + ")")
            .toList();
    return new Page.Section(
        "What " + name + " was learnt from",
        "How much each other target counts in it, on average over its rows: most of all " + String.join(", ", first) + ".",
        List.of(
            Charts.bars(
                "",
                "The shares of other targets in " + name,
                "share",
                sorted.stream().limit(MOST_NUMBERS).map(Map.Entry::getKey).toList(),
                sorted.stream().limit(MOST_NUMBERS).map(Map.Entry::getValue).toList())),
        new Page.Table(
            List.of(Page.text("target"), Page.number("share")),
            sorted.stream().map(one -> Page.row(one.getKey(), one.getValue())).toList()));
  }
}
