package org.pacnet.experiment;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pacnet.data.Data;

/**
 * {@link Friedman} after many targets: of twenty others, "known1" to "known20", there are 200 rows each; the k-th lies at distance k/4 from
 * the target, so that the first are near and the last as far away as a bad source.
 */
public final class Family extends Friedman {

  private static final int RELATIVES = 20;
  private static final int ROWS = 200;
  private static final int TASKS = -2000;

  public Family(double distance) {
    super(distance);
  }

  @Override
  public List<Integer> targets() {
    return List.of(5, 10, 30, 100);
  }

  @Override
  public Map<String, Data> relatives(int seed) {
    Map<String, Data> relatives = new LinkedHashMap<>();
    for (int k = 1; k <= RELATIVES; k++) {
      relatives.put("known" + k, relative(task(k / 4.0, random(seed, TASKS + k)), seed, k, ROWS));
    }
    return relatives;
  }
}
