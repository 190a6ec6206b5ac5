package org.pacnet.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.pacnet.Model;
import org.pacnet.result.LayerReport;

/** What Prune kept. */
final class WeightSections {

  private static final int BINS = 60;
  private static final int FINE_BINS = 10_000;
  // A screen shows no more, and each is a number in the page.
  private static final int MOST_CELLS = 64;
  private static final int FEWER_CELLS = 48;
  private static final int MANY_MASKS = 8;
  private static final int MOST_MASKS = 24;

  private WeightSections() {}

  /** Of a model that has been pruned. */
  static List<Page.Section> of(Model model) {
    List<LayerReport> layers = model.layers();
    return List.of(kept(layers), magnitudes(model, layers), masks(model, layers));
  }

  private static Page.Section kept(List<LayerReport> layers) {
    List<List<Object>> rows = new ArrayList<>();
    List<Double> kept = new ArrayList<>();
    List<Double> pruned = new ArrayList<>();
    for (LayerReport layer : layers) {
      kept.add(100 * (1 - layer.prunedRatio()));
      pruned.add(100 * layer.prunedRatio());
      rows.add(
          Page.row(
              layer.name(),
              String.join(" x ", layer.shape().stream().map(String::valueOf).toList()),
              layer.size(),
              layer.kept(),
              100 * (1 - layer.prunedRatio()),
              layer.excluded() ? "never pruned" : ""));
    }
    long all = layers.stream().mapToLong(LayerReport::size).sum();
    long stay = layers.stream().mapToLong(LayerReport::kept).sum();
    return new Page.Section(
        "Weights kept in each layer",
        String.format(
            Locale.ROOT,
            "Prune kept %s of %s weights; those carry the source, and what a target learns goes"
                + " into the others. Biases and normalisation are never pruned.",
            Words.count(stay),
            Words.count(all)),
        List.of(
            Charts.stacked(
                "",
                String.format(
                    Locale.ROOT,
                    "The share of weights kept in each of %d layers; the table below has the"
                        + " numbers",
                    layers.size()),
                "% of the layer's weights",
                layers.stream().map(LayerReport::name).toList(),
                List.of(new Charts.Series("kept", kept), new Charts.Series("pruned", pruned)))),
        new Page.Table(
            List.of(
                Page.text("layer"),
                Page.text("shape"),
                Page.number("weights"),
                Page.number("kept"),
                Page.number("% kept"),
                Page.text("note")),
            rows));
  }

  private static Page.Section magnitudes(Model model, List<LayerReport> layers) {
    List<List<Object>> rows = new ArrayList<>();
    double threshold = 0;
    double largest = 0;
    for (LayerReport layer : layers) {
      double[] kept = sizes(model, layer, true);
      double[] pruned = sizes(model, layer, false);
      double most = Arrays.stream(pruned).max().orElse(0);
      double own = Math.max(most, Arrays.stream(kept).max().orElse(0));
      threshold = Math.max(threshold, most);
      largest = Math.max(largest, own);
      rows.add(
          Page.row(layer.name(), pruned.length > 0 ? most : null, kept.length > 0 ? Arrays.stream(kept).min().orElseThrow() : null, own));
    }
    double[] edges = Charts.edges(0, nearlyMost(model, layers, Math.max(largest, Float.MIN_NORMAL)), BINS);
    return new Page.Section(
        "Magnitudes and the threshold",
        "The weights as Train left them, by their magnitude; what is larger than the last edge is"
            + " in the last bar. Pruning over all layers at once keeps each layer a smallest share,"
            + " so a layer of small weights may keep some below the line.",
        List.of(
            Charts.histogram(
                "",
                String.format(
                    Locale.ROOT,
                    "How many weights have which magnitude; the largest that was pruned has %s",
                    Words.number(threshold)),
                "magnitude |w| after Train",
                "weights",
                edges,
                List.of(
                    Charts.Series.of("pruned", counts(model, layers, false, edges)),
                    Charts.Series.of("kept", counts(model, layers, true, edges))),
                Map.of(
                    "largest pruned: " + Words.number(threshold),
                    Math.min(threshold, edges[BINS])))),
        new Page.Table(
            List.of(
                Page.text("layer"),
                Page.number("largest pruned |w|"),
                Page.number("smallest kept |w|"),
                Page.number("largest |w|")),
            rows));
  }

  // A layer at a time: a network may have many millions of weights.
  private static double[] sizes(Model model, LayerReport layer, boolean kept) {
    float[] weights = model.weights(Model.Weights.SOURCE, layer.name());
    BitSet mask = model.mask(layer.name());
    return IntStream.range(0, weights.length).filter(i -> mask.get(i) == kept).mapToDouble(i -> Math.abs(weights[i])).toArray();
  }

  private static long[] counts(Model model, List<LayerReport> layers, boolean kept, double[] edges) {
    long[] counts = new long[edges.length - 1];
    for (LayerReport layer : layers) {
      long[] own = Charts.counts(sizes(model, layer, kept), edges);
      Arrays.setAll(counts, bin -> counts[bin] + own[bin]);
    }
    return counts;
  }

  // What all but one in a thousand are below: a single large weight would leave nothing to see of the others.
  private static double nearlyMost(Model model, List<LayerReport> layers, double largest) {
    double[] edges = Charts.edges(0, largest, FINE_BINS);
    long[] kept = counts(model, layers, true, edges);
    long[] pruned = counts(model, layers, false, edges);
    long left = layers.stream().mapToLong(LayerReport::size).sum() / 1000;
    int bin = FINE_BINS - 1;
    while (bin > 0 && left >= kept[bin] + pruned[bin]) {
      left -= kept[bin] + pruned[bin];
      bin--;
    }
    return edges[bin + 1];
  }

  private static Page.Section masks(Model model, List<LayerReport> layers) {
    int most = layers.size() > MANY_MASKS ? FEWER_CELLS : MOST_CELLS;
    List<Page.Chart> charts = new ArrayList<>();
    for (LayerReport layer : layers.subList(0, Math.min(MOST_MASKS, layers.size()))) {
      int rows = Math.toIntExact(layer.shape().get(0));
      int columns = Math.toIntExact(layer.size() / rows);
      List<List<Double>> cells = shares(model.mask(layer.name()), rows, columns, most);
      charts.add(
          Charts.heat(
              layer.name(),
              String.format(
                  Locale.ROOT,
                  "The mask of %s, %d outputs by %d inputs: %s of the weights are kept",
                  layer.name(),
                  rows,
                  columns,
                  Words.percent(1 - layer.prunedRatio())),
              new Charts.Side(
                  layer.shape().size() > 2
                      ? String.format(
                          Locale.ROOT, "%d inputs, each its kernel", layer.shape().get(1))
                      : columns + " inputs",
                  List.of()),
              new Charts.Side(rows == 1 ? "1 output" : rows + " outputs", List.of()),
              cells,
              new Charts.Scale("kept", 0, 1, false, false)));
    }
    return new Page.Section(
        "The masks",
        String.format(
            Locale.ROOT,
            "Which weights are kept: a line is an output, a column an input, and where there are"
                + " more than %d the cells are shares of several.%s",
            most,
            layers.size() > MOST_MASKS
                ? String.format(
                    Locale.ROOT, " The first %d of %d layers are drawn.", MOST_MASKS, layers.size())
                : ""),
        charts,
        null);
  }

  private static List<List<Double>> shares(BitSet mask, int rows, int columns, int most) {
    int down = Math.min(rows, most);
    int across = Math.min(columns, most);
    int[][] kept = new int[down][across];
    int[][] all = new int[down][across];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        int y = (int) ((long) r * down / rows);
        int x = (int) ((long) c * across / columns);
        all[y][x]++;
        kept[y][x] += mask.get(r * columns + c) ? 1 : 0;
      }
    }
    List<List<Double>> cells = new ArrayList<>();
    for (int y = 0; y < down; y++) {
      List<Double> line = new ArrayList<>();
      for (int x = 0; x < across; x++) {
        line.add(Math.rint(100.0 * kept[y][x] / all[y][x]) / 100);
      }
      cells.add(line);
    }
    return cells;
  }
}
