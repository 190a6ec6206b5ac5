package org.pacnet.internal.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pacnet.config.Device;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.internal.correction.HubCorrection;
import org.pacnet.internal.engine.FitOutcome;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.NativeNetwork;
import org.pacnet.internal.engine.NetworkDescription;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.result.Monitor;
import org.pacnet.result.Phase;

/** Other targets and a router for rows, learnt together; docs/methods.md has what for (Hub-Pathway; Shu et al. 2022). */
final class HubFit {

  private static final double EXPLORE = 0.1;
  private static final double NOISE = 1;
  // Its values lie further apart than weights, and only the rows can say what they are.
  private static final double ROUTER_PULL = 0.1;
  // As in the core: what the router's numbers are multiplied by.
  private static final float ROUTER_SCALE = 10;

  private HubFit() {}

  /**
   * What was learnt.
   *
   * @param networks all parameters of each
   */
  record Learned(List<float[]> networks, HubCorrection router, FitOutcome outcome) {}

  /**
   * Learns them.
   *
   * @param members all parameters of each, as they are now
   * @param likely the logarithm of how likely each makes the rows, but for a constant: where the router begins
   * @param mask of their base
   */
  static Learned run(
      Phases phases, Schema schema, MaskBits mask, List<float[]> members, double[] likely, EncodedData rows, TransferConfig settings, Monitor monitor) {
    MethodSpec.Hub method = (MethodSpec.Hub) settings.method();
    int count = members.size();
    int top = method.top() == 0 ? count : Math.min(method.top(), count);
    try (NativeNetwork hub = NetworkDescription.hub(settings.network(), schema, count, top, EXPLORE, NOISE)) {
      List<TensorInfo> tensors = hub.tensors();
      int each = members.get(0).length;
      float[] start = new float[tensors.stream().mapToInt(TensorInfo::size).sum()];
      for (int k = 0; k < count; k++) {
        System.arraycopy(members.get(k), 0, start, k * each, each);
      }
      for (int k = 0; k < count; k++) {
        start[start.length - count + k] = (float) (likely[k] / ROUTER_SCALE);
      }
      hub.setParameters(start);
      List<Double> pull = new ArrayList<>();
      for (TensorInfo tensor : tensors) {
        double part = tensor.prunable() ? 1 : tensor.name().equals("router.weight") ? ROUTER_PULL : 0;
        pull.add(part * settings.strength());
      }
      MaskBits movable = movable(phases.tensorsOf(schema), count, mask.inverted(), tensors);
      FitRange range = new FitRange(movable, pull, start, false, List.of());
      TransferConfig how = settings.toBuilder().compute(c -> c.device(Device.CPU)).build();
      FitOutcome outcome = phases.fit(hub, Phase.CALIBRATE, how, range, rows, monitor);
      float[] learnt = hub.parameters();
      List<float[]> networks = new ArrayList<>();
      for (int k = 0; k < count; k++) {
        networks.add(Arrays.copyOfRange(learnt, k * each, (k + 1) * each));
      }
      return new Learned(networks, new HubCorrection(router(learnt, count * each, count, schema.inputWidth()), top), outcome);
    }
  }

  // Of each member these bits, and all of the router, which stands behind them.
  private static MaskBits movable(List<TensorInfo> one, int members, MaskBits bits, List<TensorInfo> tensors) {
    List<byte[]> all = new ArrayList<>();
    for (TensorInfo tensor : tensors) {
      int index = tensor.index();
      all.add(index < members * one.size() ? bits.of(one.get(index % one.size())) : MaskBits.allKept(tensor.size()));
    }
    return new MaskBits(tensors, all);
  }

  // The router's weights and biases lie one behind the other; here each member's are together.
  private static float[] router(float[] learnt, int at, int members, int inputs) {
    float[] router = new float[members * (1 + inputs)];
    for (int k = 0; k < members; k++) {
      router[k * (1 + inputs)] = ROUTER_SCALE * learnt[at + members * inputs + k];
      for (int i = 0; i < inputs; i++) {
        router[k * (1 + inputs) + 1 + i] = ROUTER_SCALE * learnt[at + k * inputs + i];
      }
    }
    return router;
  }
}
