package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Device;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.error.DivergedException;
import org.pacnet.internal.engine.NativeLibrary;
import org.pacnet.internal.learn.ModelState;
import org.pacnet.internal.many.ManyTargets;
import org.pacnet.internal.store.ModelStore;
import org.pacnet.result.Monitor;
import org.pacnet.result.TargetOutcome;

/** Targets whose fits are one native call: what a GPU does all at once, on the CPU. */
class TogetherTest {

  @TempDir static Path shared;
  private static ModelStore.Loaded base;
  private static TransferConfig usual;

  @BeforeAll
  static void allocate() {
    Data source = Samples.columns(200, 0, 1);
    try (Model model = Model.train(source, Samples.quick().build(), new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      model.save(shared.resolve("base"), false);
      usual = model.config();
    }
    base = ModelStore.load(shared.resolve("base"), usual.compute());
  }

  private static Map<String, Data> targets() {
    Map<String, Data> targets = new TreeMap<>();
    for (int t = 0; t < 7; t++) {
      targets.put("tool-" + t, Samples.columns(t == 3 ? 1 : 5 + 20 * t, 0.2 * t, 10 + t));
    }
    return targets;
  }

  private record Run(ModelState state, Map<String, TargetOutcome> outcomes) {}

  private static Run run(ModelState from, TransferConfig how, boolean overwrite, boolean together, Monitor monitor) {
    ManyTargets many = new ManyTargets(base.phases(), from, how, false, overwrite, together, null, outcome -> {}, monitor);
    return new Run(many.run(targets()), many.outcomes());
  }

  private static Run run(TransferConfig how, boolean together) {
    return run(base.state(), how, true, together, new Monitor());
  }

  @Test
  void eachGetsTheBitsThatItGetsAlone() {
    List<UnaryOperator<TransferConfig.Builder>> ways = new ArrayList<>();
    for (Method method : List.of(Method.PAC, Method.L2SP, Method.FINETUNE_HEAD, Method.SCRATCH)) {
      ways.add(how -> how.method(method));
    }
    ways.add(how -> how.method(Method.PAC).columns(c -> c.weight("b"))); // an input too, and positive
    // What isn't a fit of one network by a pull alone is learnt as ever.
    ways.add(how -> how.method(Method.PAC_ENSEMBLE));
    ways.add(how -> how.method(Method.COKRIGING));
    ways.add(how -> how.method(Method.AUTO));
    ways.add(how -> how.calibrate(c -> c.intervals(true)));
    for (UnaryOperator<TransferConfig.Builder> way : ways) {
      TransferConfig how = way.apply(usual.toBuilder()).compute(c -> c.threads(2)).build();
      Run alone = run(how, false);
      Run together = run(how, true);
      assertEquals(alone.outcomes().keySet(), together.outcomes().keySet());
      alone
          .outcomes()
          .forEach(
              (name, outcome) -> {
                TargetOutcome other = together.outcomes().get(name);
                if (outcome.report() == null) {
                  assertInstanceOf(DataException.class, outcome.problem());
                  assertInstanceOf(DataException.class, other.problem());
                  return;
                }
                assertEquals(outcome.report().trainLosses(), other.report().trainLosses(), name);
                List<float[]> expected = base.phases().weights(base.state(), alone.state().target(name));
                List<float[]> found = base.phases().weights(base.state(), together.state().target(name));
                for (int i = 0; i < expected.size(); i++) {
                  assertArrayEquals(expected.get(i), found.get(i), name);
                }
                assertEquals(outcome.report().after(), other.report().after(), name);
                assertArrayEquals(
                    alone.state().target(name).residuals(), together.state().target(name).residuals(), name);
              });
    }
  }

  @Test
  void aTargetThatDivergesCostsNoOther() {
    TransferConfig wild = usual.toBuilder().target(f -> f.learningRate(1e30)).build();
    run(wild, true)
        .outcomes()
        .forEach(
            (name, outcome) -> {
              assertNull(outcome.report(), name);
              assertInstanceOf(DivergedException.class, outcome.problem());
              assertTrue(outcome.problem().getMessage().contains("epoch"));
            });
  }

  @Test
  void whatNoneCanBeFittedByIsToldOfEach() {
    assumeFalse(NativeLibrary.gpu().usable());
    TransferConfig elsewhere = usual.toBuilder().compute(c -> c.device(Device.CUDA)).build();
    run(elsewhere, true).outcomes().forEach((name, outcome) -> assertInstanceOf(DataException.class, outcome.problem(), name));
  }

  @Test
  void whatIsThereAlreadyIsNotLearntAgain() {
    Run first = run(usual, true);
    Run second = run(first.state(), usual, false, true, new Monitor());
    second.outcomes().forEach((name, outcome) -> assertTrue(outcome.resumed(), name));
    TransferConfig other = usual.toBuilder().lambda(0.5).build();
    run(first.state(), other, false, true, new Monitor())
        .outcomes()
        .forEach((name, outcome) -> assertInstanceOf(DataException.class, outcome.problem(), name));
  }

  @Test
  void canBeCancelled() {
    Monitor monitor = new Monitor();
    monitor.cancel();
    assertThrows(CancelledException.class, () -> run(base.state(), usual, true, true, monitor));
  }
}
