package org.pacnet.internal.correction;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * A mix of several ways to say it, each of which is best somewhere; stacking (Wolpert 1992; Breiman 1996). The shares come from
 * predictions of rows that none of them has seen.
 *
 * @param parts what has a share, in order; {@link Method#PAC_ENSEMBLE} are the target's own networks
 * @param shares of the parts for each output, [width, parts]; 0 or more, with sum 1
 * @param corrections of the parts that are no networks
 */
public record StackCorrection(List<Method> parts, float[] shares, Map<Method, Correction> corrections)
    implements Correction {

  private static final String SHARES = "stack.shares";

  /** What pac-stack mixes. */
  public static final List<Method> PAC =
      List.of(Method.PAC_ENSEMBLE, Method.GP_RESIDUAL, Method.RIDGE_RESIDUAL, Method.AFFINE, Method.GP);

  /** What stack mixes: the first and the last are the base corrected, the others learn from source and target together. */
  public static final List<Method> BOTH = List.of(Method.COKRIGING, Method.POOLED_LINEAR, Method.TREES, Method.COKRIGING_BMA);

  @Override
  public Corrected apply(Rows rows, @Nullable Networks networks, Processes processes) {
    List<Corrected> said = new ArrayList<>();
    for (Method part : parts) {
      Correction correction = corrections.get(part);
      said.add(correction == null ? Objects.requireNonNull(networks).together() : correction.apply(rows, null, processes));
    }
    float[] outputs = new float[rows.rows() * rows.width()];
    float[] spread = new float[outputs.length];
    for (int i = 0; i < outputs.length; i++) {
      int c = i % rows.width() * parts.size();
      double mean = 0;
      for (int k = 0; k < parts.size(); k++) {
        mean += shares[c + k] * said.get(k).outputs()[i];
      }
      // Of the mixture: what each is unsure of, and how far they are apart.
      double variance = 0;
      for (int k = 0; k < parts.size(); k++) {
        Corrected part = said.get(k);
        double own = at(parts.get(k) == Method.COKRIGING_BMA ? spread(said) : part.spread(), i);
        double apart = part.outputs()[i] - mean;
        variance += shares[c + k] * (own * own + apart * apart);
      }
      outputs[i] = (float) mean;
      spread[i] = (float) Math.sqrt(variance);
    }
    return new Corrected(outputs, spread);
  }

  // The mean over kernels is about as unsure as what goes by the likeliest.
  private float @Nullable [] spread(List<Corrected> said) {
    int likeliest = parts.indexOf(Method.COKRIGING);
    return likeliest < 0 ? null : said.get(likeliest).spread();
  }

  private static double at(float @Nullable [] values, int i) {
    return values == null ? 0 : values[i];
  }

  @Override
  public List<Asked> asked(Rows rows) {
    List<Asked> asked = new ArrayList<>();
    for (int k = 0; k < parts.size(); k++) {
      Correction part = corrections.get(parts.get(k));
      for (Asked one : part == null ? List.<Asked>of() : part.asked(rows)) {
        double share = shares[one.output() * parts.size() + k];
        int averaged = parts.indexOf(Method.COKRIGING_BMA);
        share += parts.get(k) == Method.COKRIGING && averaged >= 0 ? shares[one.output() * parts.size() + averaged] : 0;
        if (share > 0) {
          asked.add(new Asked(one.process(), one.at(), one.outputs(), one.output(), share * one.weight()));
        }
      }
    }
    return asked;
  }

  @Override
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put(SHARES, Entry.row(shares));
    for (Method part : parts) {
      Correction correction = corrections.get(part);
      if (correction != null) {
        correction.entries().forEach((name, entry) -> entries.put(prefix(part) + name, entry));
      }
    }
    return entries;
  }

  private static String prefix(Method part) {
    return "stack." + part + ".";
  }

  static StackCorrection read(
      Method method, Map<String, Entry> entries, int inputs, int common, int width, String file) {
    List<Method> parts = new ArrayList<>();
    Map<Method, Correction> corrections = new EnumMap<>(Method.class);
    for (Method part : method == Method.STACK ? BOTH : PAC) {
      String prefix = prefix(part);
      Map<String, Entry> own = new LinkedHashMap<>();
      for (String name : List.copyOf(entries.keySet())) {
        if (name.startsWith(prefix)) {
          own.put(name.substring(prefix.length()), entries.remove(name));
        }
      }
      if (!own.isEmpty()) {
        Correction read = Correction.read(part, own, inputs, common, width, file);
        if (read == null || !own.isEmpty()) {
          throw new IllegalArgumentException("nobody asked for " + prefix + own.keySet().iterator().next());
        }
        corrections.put(part, read);
      }
      if (part == Method.PAC_ENSEMBLE || corrections.containsKey(part)) {
        parts.add(part);
      }
    }
    float[] shares = Entries.takeShares(entries, SHARES, width, parts.size());
    return new StackCorrection(List.copyOf(parts), shares, corrections);
  }
}
