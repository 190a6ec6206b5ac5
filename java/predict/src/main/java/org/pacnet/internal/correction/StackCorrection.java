package org.pacnet.internal.correction;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * A mix of what the target's networks say and of four corrections, each of which is best somewhere; stacking
 * (Wolpert 1992; Breiman 1996). The shares come from predictions of rows that none of the five has seen.
 *
 * @param shares for each output the networks' and then each correction's, [width, 5]; 0 or more, with sum 1
 * @param corrections in the order of {@link #CORRECTIONS}
 */
public record StackCorrection(float[] shares, List<Correction> corrections) implements Correction {

  /** What is in the mix besides the networks, in that order. */
  public static final List<Method> CORRECTIONS =
      List.of(Method.GP_RESIDUAL, Method.RIDGE_RESIDUAL, Method.AFFINE, Method.GP);

  /** How many that are, with the networks. */
  public static final int PARTS = 1 + CORRECTIONS.size();

  @Override
  public Corrected apply(Rows rows, @Nullable Corrected networks, Processes processes) {
    if (networks == null) {
      throw new IllegalArgumentException("a stack needs networks");
    }
    List<Corrected> said = new ArrayList<>(List.of(networks));
    corrections.forEach(correction -> said.add(correction.apply(rows, null, processes)));
    float[] outputs = new float[networks.outputs().length];
    float[] spread = new float[outputs.length];
    for (int i = 0; i < outputs.length; i++) {
      int c = i % rows.width() * PARTS;
      double mean = 0;
      for (int k = 0; k < PARTS; k++) {
        mean += shares[c + k] * said.get(k).outputs()[i];
      }
      // Of the mixture: what each is unsure of, and how far they are apart.
      double variance = 0;
      for (int k = 0; k < PARTS; k++) {
        double own = at(said.get(k).spread(), i);
        double apart = said.get(k).outputs()[i] - mean;
        variance += shares[c + k] * (own * own + apart * apart);
      }
      outputs[i] = (float) mean;
      spread[i] = (float) Math.sqrt(variance);
    }
    return new Corrected(outputs, spread);
  }

  private static double at(float @Nullable [] values, int i) {
    return values == null ? 0 : values[i];
  }

  @Override
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put("stack.shares", Entry.row(shares));
    for (int k = 0; k < CORRECTIONS.size(); k++) {
      String prefix = prefix(k);
      corrections.get(k).entries().forEach((name, entry) -> entries.put(prefix + name, entry));
    }
    return entries;
  }

  private static String prefix(int k) {
    return "stack." + CORRECTIONS.get(k) + ".";
  }

  static StackCorrection read(
      Map<String, Entry> entries, int inputs, int width, String file) {
    float[] shares = Entries.takeShares(entries, "stack.shares", width, PARTS);
    List<Correction> corrections = new ArrayList<>();
    for (int k = 0; k < CORRECTIONS.size(); k++) {
      String prefix = prefix(k);
      Map<String, Entry> own = new LinkedHashMap<>();
      for (String name : List.copyOf(entries.keySet())) {
        if (name.startsWith(prefix)) {
          own.put(name.substring(prefix.length()), entries.remove(name));
        }
      }
      corrections.add(
          Objects.requireNonNull(Correction.read(CORRECTIONS.get(k), own, inputs, width, file)));
      if (!own.isEmpty()) {
        throw new IllegalArgumentException("nobody asked for " + prefix + own.keySet().iterator().next());
      }
    }
    return new StackCorrection(shares, List.copyOf(corrections));
  }
}
