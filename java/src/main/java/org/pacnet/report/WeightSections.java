package org.pacnet.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.pacnet.LayerReport;
import org.pacnet.Model;

/** What Prune kept. */
final class WeightSections {

  private static final int BINS = 60;
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
        "Prune kept %s of %s weights; those carry the source, and what a target learns goes into the others. Biases and normalisation are never pruned."
            .formatted(Words.count(stay), Words.count(all)),
        List.of(
            Charts.bars(
                "",
                "The share of weights kept in each of %d layers; the table below has the numbers".formatted(layers.size()),
                "% of the layer's weights",
                false,
                true,
                layers.stream().map(LayerReport::name).toList(),
                List.of(new Charts.Series("kept", kept), new Charts.Series("pruned", pruned)))),
        new Page.Table(
            List.of(
                new Page.Column("layer", false),
                new Page.Column("shape", false),
                new Page.Column("weights", true),
                new Page.Column("kept", true),
                new Page.Column("% kept", true),
                new Page.Column("note", false)),
            rows));
  }

  private static Page.Section magnitudes(Model model, List<LayerReport> layers) {
    List<List<Object>> rows = new ArrayList<>();
    List<float[]> weights = new ArrayList<>();
    List<BitSet> masks = new ArrayList<>();
    for (LayerReport layer : layers) {
      float[] own = model.weights(Model.Weights.SOURCE, layer.name());
      BitSet mask = model.mask(layer.name());
      weights.add(own);
      masks.add(mask);
      double least = Double.POSITIVE_INFINITY;
      double most = 0;
      double largest = 0;
      for (int i = 0; i < own.length; i++) {
        double size = Math.abs(own[i]);
        largest = Math.max(largest, size);
        if (mask.get(i)) {
          least = Math.min(least, size);
        } else {
          most = Math.max(most, size);
        }
      }
      rows.add(
          Page.row(
              layer.name(), layer.kept() < layer.size() ? most : null, layer.kept() > 0 ? least : null, largest));
    }
    double[] edges = edges(weights);
    double width = edges[1];
    long[] kept = new long[BINS];
    long[] pruned = new long[BINS];
    double threshold = 0;
    for (int w = 0; w < weights.size(); w++) {
      float[] own = weights.get(w);
      for (int i = 0; i < own.length; i++) {
        double size = Math.abs(own[i]);
        int bin = (int) Math.min(BINS - 1, size / width);
        if (masks.get(w).get(i)) {
          kept[bin]++;
        } else {
          pruned[bin]++;
          threshold = Math.max(threshold, size);
        }
      }
    }
    return new Page.Section(
        "Magnitudes and the threshold",
        "The weights as Train left them, by their magnitude; what is larger than the last edge is in the last bar. Pruning over all layers at once keeps"
            + " each layer a smallest share, so a layer of small weights may keep some below the line.",
        List.of(
            Charts.histogram(
                "",
                "How many weights have which magnitude; the largest that was pruned has %s".formatted(Words.number(threshold)),
                "magnitude |w| after Train",
                "weights",
                edges,
                List.of(new Charts.Series("pruned", boxed(pruned)), new Charts.Series("kept", boxed(kept))),
                Map.of("largest pruned: " + Words.number(threshold), Math.min(threshold, edges[BINS])))),
        new Page.Table(
            List.of(
                new Page.Column("layer", false),
                new Page.Column("largest pruned |w|", true),
                new Page.Column("smallest kept |w|", true),
                new Page.Column("largest |w|", true)),
            rows));
  }

  private static List<Long> boxed(long[] counts) {
    return Arrays.stream(counts).boxed().toList();
  }

  // Up to where all but one in a thousand are: a single large weight would leave nothing to see of the others.
  private static double[] edges(List<float[]> weights) {
    int count = weights.stream().mapToInt(own -> own.length).sum();
    double[] sizes = new double[count];
    int next = 0;
    for (float[] own : weights) {
      for (float weight : own) {
        sizes[next++] = Math.abs(weight);
      }
    }
    Arrays.sort(sizes);
    double most = Math.max(sizes[(int) Math.ceil(0.999 * (count - 1))], Float.MIN_NORMAL);
    double[] edges = new double[BINS + 1];
    for (int i = 0; i <= BINS; i++) {
      edges[i] = most * i / BINS;
    }
    return edges;
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
              "The mask of %s, %d outputs by %d inputs: %s of the weights are kept"
                  .formatted(layer.name(), rows, columns, Words.percent(1 - layer.prunedRatio())),
              new Charts.Side(layer.shape().size() > 2 ? "%d inputs, each its kernel".formatted(layer.shape().get(1)) : columns + " inputs", List.of()),
              new Charts.Side(rows == 1 ? "1 output" : rows + " outputs", List.of()),
              cells,
              new Charts.Scale("kept", 0, 1, false, false)));
    }
    return new Page.Section(
        "The masks",
        "Which weights are kept: a line is an output, a column an input, and where there are more than %d the cells are shares of several.%s"
            .formatted(
                most,
                layers.size() > MOST_MASKS ? " The first %d of %d layers are drawn.".formatted(MOST_MASKS, layers.size()) : ""),
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
