package org.pacnet.result;

import java.util.List;

/**
 * How far the targets of a model are from each other, and from the source.
 *
 * @param names "source" and the targets
 * @param apart [names, names], symmetric: the root of the mean squared difference of what two of them say of the source's rows
 * @param unit of that: the label's, or standard deviations of several; empty where there is none
 */
public record Family(List<String> names, List<List<Double>> apart, String unit) {

  /** What the source is called. */
  public static final String SOURCE = "source";

  public Family {
    names = List.copyOf(names);
    apart = apart.stream().map(List::copyOf).toList();
  }
}
