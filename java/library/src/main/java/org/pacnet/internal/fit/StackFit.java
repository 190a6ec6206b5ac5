package org.pacnet.internal.fit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.internal.correction.AveragedCorrection;
import org.pacnet.internal.correction.CoKrigingCorrection;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.StackCorrection;

/** Learns a {@link StackCorrection}. */
final class StackFit {

  // pac-stack's mix without evidence, and how many rows of evidence it takes to outweigh it: with a handful of rows the
  // networks are the safest (docs/adr/0009-defaults.md).
  private static final double[] NETWORKS_FIRST = {0.6, 0.2, 0.2, 0, 0};
  private static final double PAC_ROWS = 10;
  // The same of stack (docs/adr/0013-safe-default.md).
  private static final double BOTH_ROWS = 100;
  private static final double SOURCE_SHARE = 0.2;
  private static final double CORRECTED = 2; // times what the base's error on the source lets it count
  private static final double AVERAGED_SHARE = 0.75; // of the base corrected
  // What co-kriging by the likeliest kernel keeps: how unsure it is, it alone says.
  private static final double LEAST_SHARE = 1e-3;

  /** Learns one of the parts. */
  interface Learner {

    Correction learn(Method part, Labelled rows);

    /**
     * The same from some of the rows, for asking the others.
     *
     * @param whole what was learnt from all of them
     */
    default Correction again(Method part, Correction whole, Labelled rows) {
      return learn(part, rows);
    }
  }

  private final List<Method> parts;
  // Nothing is learnt for it here: the target's networks, or the source as it is.
  private final Method given;
  // What it says of rows that it has not seen, [rows, width].
  private final float[] ofGiven;
  private final double[][] prior;
  private final double priorRows;
  private final @Nullable SourceAsItIs source;
  private final Learner learner;

  private StackFit(
      List<Method> parts,
      Method given,
      float[] ofGiven,
      double[][] prior,
      double priorRows,
      @Nullable SourceAsItIs source,
      Learner learner) {
    this.parts = parts;
    this.given = given;
    this.ofGiven = ofGiven;
    this.prior = prior;
    this.priorRows = priorRows;
    this.source = source;
    this.learner = learner;
  }

  /**
   * pac-stack.
   *
   * @param unseen what networks that have not seen the row say of it, [rows, width]
   */
  static StackFit pac(float[] unseen, int width, int threads) {
    double[][] prior = new double[width][];
    Arrays.fill(prior, NETWORKS_FIRST);
    return new StackFit(
        StackCorrection.PAC,
        Method.PAC_ENSEMBLE,
        unseen,
        prior,
        PAC_ROWS,
        null,
        (part, rows) -> Corrections.fit(part, rows, null, null, 0, threads, 0));
  }

  /**
   * stack.
   *
   * @param parts of {@link StackCorrection#BOTH} those that can be learnt
   * @param prior how much each of them counts beforehand, with sum 1, for each output
   * @param averaged whether the base is corrected by a mean over kernels too
   * @param source what it says of the target's rows
   */
  static StackFit both(List<Method> parts, double[][] prior, boolean averaged, SourceAsItIs source, Learner learner) {
    List<Method> all = new ArrayList<>(parts);
    all.add(Method.UNTOUCHED);
    double[][] withSource = new double[prior.length][];
    for (int c = 0; c < prior.length; c++) {
      withSource[c] = Arrays.copyOf(prior[c], all.size());
      withSource[c][parts.indexOf(Method.COKRIGING)] *= CORRECTED;
      double sum = Arrays.stream(withSource[c]).sum();
      for (int k = 0; k < parts.size(); k++) {
        withSource[c][k] *= (1 - SOURCE_SHARE) / sum;
      }
      withSource[c][parts.size()] = SOURCE_SHARE;
    }
    if (averaged) {
      all.add(Method.COKRIGING_BMA);
    }
    return new StackFit(List.copyOf(all), Method.UNTOUCHED, source.said(), withSource, BOTH_ROWS, source, learner);
  }

  /**
   * Learns from the target's rows.
   *
   * @param folds the rows that belong together; those that are in none are always learnt from
   * @param part some of the rows
   * @param steps hears of each part that was learnt, from all rows and for each fold
   */
  StackCorrection fit(Labelled target, List<int[]> folds, IntFunction<Corrections.Fold> part, Corrections.Steps steps) {
    int count = parts.size();
    int[] asked = folds.stream().flatMapToInt(Arrays::stream).sorted().toArray();
    boolean every = asked.length == target.rows().rows();
    Labelled answers = every ? target : target.chosen(asked);
    Map<Method, Correction> whole = new EnumMap<>(Method.class);
    boolean folded = !every || folds.size() > 1;
    int of = (count - 1) * (folded ? 1 + folds.size() : 1);
    steps.done(0, of);
    for (Method own : parts) {
      if (own != given) {
        whole.put(own, learner.learn(own, target));
        steps.done(whole.size(), of);
      }
    }
    double[][] shares = new double[prior.length][];
    float[][] said = folded ? unseen(whole, target.rows(), asked, folds, part, done -> steps.done(done, of)) : null;
    for (int c = 0; c < prior.length; c++) {
      if (source == null) {
        // Nothing is known of any of them, but one network is there.
        shares[c] =
            said == null
                ? IntStream.range(0, count).mapToDouble(k -> k == 0 ? 1 : 0).toArray()
                : UnseenErrors.of(said, answers, c).shares(prior[c], priorRows);
      } else {
        shares[c] = ofBoth(said, answers, c);
      }
    }
    return source == null ? mix(parts, shares, whole) : withSource(shares, whole, source);
  }

  // The base is corrected in two ways, which share what it counts: as likely as they make rows that they have not seen.
  private double[] ofBoth(float @Nullable [][] said, Labelled answers, int output) {
    int corrected = parts.indexOf(Method.COKRIGING);
    int averaged = parts.indexOf(Method.COKRIGING_BMA);
    double ofAveraged = averaged < 0 ? 0 : AVERAGED_SHARE;
    double[] shares = prior[output].clone();
    if (said != null) {
      float[][] all = said;
      if (averaged >= 0) {
        double odds = AVERAGED_SHARE / (1 - AVERAGED_SHARE);
        ofAveraged = UnseenErrors.of(new float[][] {said[corrected], said[averaged]}, answers, output).winsorised().ofSecond(Math.log(odds));
        ofAveraged = Math.min(ofAveraged, 1 - LEAST_SHARE);
        all = Arrays.copyOf(said, averaged);
        all[corrected] = mean(said[corrected], said[averaged], ofAveraged);
      }
      UnseenErrors errors = UnseenErrors.of(all, answers, output).winsorised();
      shares = errors.shares(byErrors(errors.squares(), prior[output]), priorRows);
    }
    if (averaged >= 0) {
      shares = Arrays.copyOf(shares, averaged + 1);
      shares[averaged] = ofAveraged * shares[corrected];
      shares[corrected] -= shares[averaged];
    }
    return shares;
  }

  private static float[] mean(float[] first, float[] second, double ofSecond) {
    float[] all = new float[first.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) (ofSecond * second[i] + (1 - ofSecond) * first[i]);
    }
    return all;
  }

  // Over the squared errors on rows not seen too: of what is all but exact on the target, what the source says takes nothing away.
  private static double[] byErrors(double[] squares, double[] prior) {
    double[] before = IntStream.range(0, prior.length).mapToDouble(k -> prior[k] / squares[k]).toArray();
    double sum = Arrays.stream(before).sum();
    return Arrays.stream(before).map(value -> value / sum).toArray();
  }

  // What corrects the base says it as it is, too, and a mean of lines is a line: so the source needs no part of its own.
  private StackCorrection withSource(double[][] shares, Map<Method, Correction> whole, SourceAsItIs source) {
    int untouched = parts.indexOf(Method.UNTOUCHED);
    int corrected = parts.indexOf(Method.COKRIGING);
    int averaged = parts.indexOf(Method.COKRIGING_BMA);
    int pooled = parts.indexOf(Method.POOLED_LINEAR);
    double[] own = new double[shares.length];
    double[] ofLine = new double[shares.length];
    for (int c = 0; c < shares.length; c++) {
      double network = (1 - source.ofLine()[c]) * shares[c][untouched];
      double line = source.ofLine()[c] * shares[c][untouched];
      shares[c][pooled] += line;
      ofLine[c] = line > 0 ? line / shares[c][pooled] : 0;
      double ofAveraged = averaged < 0 ? 0 : shares[c][averaged];
      double correcting = shares[c][corrected] + ofAveraged;
      double all = correcting + network;
      own[c] = all > 0 ? correcting / all : 1;
      if (averaged >= 0) {
        shares[c][averaged] = correcting > 0 ? all * ofAveraged / correcting : AVERAGED_SHARE * all;
      }
      shares[c][corrected] = all - (averaged < 0 ? 0 : shares[c][averaged]);
      shares[c] = without(shares[c], untouched);
    }
    if (source.line() != null) {
      LinearCorrection line = LinearFit.silent(source.line(), shares.length);
      whole.computeIfPresent(Method.POOLED_LINEAR, (part, both) -> LinearFit.mean((LinearCorrection) both, line, ofLine));
    }
    CoKrigingCorrection alone = (CoKrigingCorrection) Objects.requireNonNull(whole.get(Method.COKRIGING));
    whole.put(Method.COKRIGING, alone.withSource(own));
    whole.computeIfPresent(Method.COKRIGING_BMA, (part, mean) -> ((AveragedCorrection) mean).withSource(own));
    return mix(parts.stream().filter(part -> part != Method.UNTOUCHED).toList(), shares, whole);
  }

  private static double[] without(double[] values, int index) {
    return IntStream.range(0, values.length).filter(k -> k != index).mapToDouble(k -> values[k]).toArray();
  }

  // What has no share need not be kept.
  private static StackCorrection mix(List<Method> parts, double[][] shares, Map<Method, Correction> whole) {
    int[] used =
        IntStream.range(0, parts.size())
            .filter(k -> !whole.containsKey(parts.get(k)) || Arrays.stream(shares).anyMatch(own -> own[k] > 0))
            .toArray();
    float[] left = new float[shares.length * used.length];
    Map<Method, Correction> corrections = new EnumMap<>(Method.class);
    for (int u = 0; u < used.length; u++) {
      Method own = parts.get(used[u]);
      for (int c = 0; c < shares.length; c++) {
        left[c * used.length + u] = (float) shares[c][used[u]];
      }
      Correction learnt = whole.get(own);
      if (learnt != null) {
        corrections.put(own, learnt);
      }
    }
    List<Method> kept = IntStream.of(used).mapToObj(parts::get).toList();
    return new StackCorrection(kept, left, corrections);
  }

  // What each part says of rows that it has not seen, [parts][asked, width].
  private float[][] unseen(
      Map<Method, Correction> whole, Rows rows, int[] asked, List<int[]> folds, IntFunction<Corrections.Fold> part, IntConsumer steps) {
    int width = rows.width();
    int done = whole.size();
    float[][] said = new float[parts.size()][asked.length * width];
    int[] at = new int[rows.rows()];
    for (int i = 0; i < asked.length; i++) {
      at[asked[i]] = i;
    }
    for (int f = 0; f < folds.size(); f++) {
      Corrections.Fold own = part.apply(f);
      int[] members = folds.get(f);
      for (int k = 0; k < parts.size(); k++) {
        boolean here = parts.get(k) == given;
        float[] outputs = ofGiven;
        if (!here) {
          Correction known = Objects.requireNonNull(whole.get(parts.get(k)));
          Correction learnt = learner.again(parts.get(k), known, own.others());
          outputs = learnt.apply(own.rows(), null, Corrections.PROCESSES).outputs();
          steps.accept(++done);
        }
        for (int i = 0; i < members.length; i++) {
          System.arraycopy(outputs, (here ? members[i] : i) * width, said[k], at[members[i]] * width, width);
        }
      }
    }
    return said;
  }
}
