package org.pacnet.experiment;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pacnet.data.Data;

/**
 * {@link Friedman} whose target is one of four known ones, "known1", where x₆ is below a half, and another, "known2", elsewhere; all four, of
 * which there are 200 rows each, are drawn at the source's distance.
 */
public final class Regions extends Friedman {

  private static final int RELATIVES = 4;
  private static final int ROWS = 200;
  private static final int TASKS = -3000;
  private static final int SIDE = 5;

  private final double distance;

  public Regions(double distance) {
    super(distance);
    this.distance = distance;
  }

  @Override
  public List<Integer> targets() {
    return List.of(5, 10, 30, 100);
  }

  private Task known(int seed, int which) {
    return task(distance, random(seed, TASKS + which));
  }

  @Override
  Task targetTask(int seed) {
    Task left = known(seed, 1);
    Task right = known(seed, 2);
    return x -> (x[SIDE] < 0.5 ? left : right).value(x);
  }

  @Override
  public Map<String, Data> relatives(int seed) {
    Map<String, Data> relatives = new LinkedHashMap<>();
    for (int k = 1; k <= RELATIVES; k++) {
      relatives.put("known" + k, relative(known(seed, k), seed, k, ROWS));
    }
    return relatives;
  }
}
