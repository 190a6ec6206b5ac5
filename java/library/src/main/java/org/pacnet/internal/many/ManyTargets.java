package org.pacnet.internal.many;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.error.OutputException;
import org.pacnet.error.PacNetException;
import org.pacnet.internal.base.Causes;
import org.pacnet.internal.format.TargetNames;
import org.pacnet.internal.learn.Calibration;
import org.pacnet.internal.learn.ModelState;
import org.pacnet.internal.learn.Phases;
import org.pacnet.internal.learn.TargetModel;
import org.pacnet.internal.learn.TargetRows;
import org.pacnet.internal.learn.TargetSlot;
import org.pacnet.internal.select.Tuner;
import org.pacnet.internal.store.ModelStore;
import org.pacnet.result.Monitor;
import org.pacnet.result.TargetOutcome;
import org.pacnet.result.Tuning;

/**
 * Calibrates many targets, as many at once as there are threads and each by one: targets don't wait for each other, and each
 * gets the same bits whatever the others do.
 */
public final class ManyTargets {

  private static final int WORKERS_A_THREAD = 3;

  private final Phases phases;
  private final ModelState from;
  private final TransferConfig settings;
  private final boolean tune;
  private final boolean overwrite;
  private final ModelStore.@Nullable TargetFolder folder;
  private final Consumer<TargetOutcome> done;
  private final Monitor monitor;
  // How many compute at once: while some wait for the disk to have taken what they learnt, others go on.
  private final Semaphore computing;
  private final Map<String, TargetSlot> learnt = new TreeMap<>();
  private final Map<String, TargetOutcome> outcomes = new TreeMap<>();

  /**
   * @param settings whose threads are how many at once
   * @param folder where each is saved as soon as it is learnt, and then forgotten here; null to keep them
   */
  public ManyTargets(
      Phases phases,
      ModelState from,
      TransferConfig settings,
      boolean tune,
      boolean overwrite,
      ModelStore.@Nullable TargetFolder folder,
      Consumer<TargetOutcome> done,
      Monitor monitor) {
    this.phases = phases;
    this.from = from;
    this.settings = settings.toBuilder().compute(c -> c.threads(1)).build();
    this.tune = tune;
    this.overwrite = overwrite;
    this.folder = folder;
    this.done = done;
    this.monitor = monitor;
    computing = new Semaphore(settings.compute().threads());
  }

  public Map<String, TargetOutcome> outcomes() {
    return outcomes;
  }

  /** Returns the state with all that were learnt. */
  public ModelState run(Map<String, Data> targets) {
    List<Map.Entry<String, Data>> all = List.copyOf(new TreeMap<>(targets).entrySet());
    AtomicInteger next = new AtomicInteger();
    Monitor own = monitor.cancelOnly();
    int workers = Math.max(1, Math.min(WORKERS_A_THREAD * computing.availablePermits(), all.size()));
    ExecutorService pool = Executors.newFixedThreadPool(workers);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int w = 0; w < workers; w++) {
        running.add(
            pool.submit(
                () -> {
                  try {
                    for (int i = next.getAndIncrement(); i < all.size(); i = next.getAndIncrement()) {
                      one(all.get(i).getKey(), all.get(i).getValue(), own);
                    }
                  } catch (Throwable e) {
                    own.cancel(); // so that the others end too
                    throw e;
                  }
                }));
      }
      PacNetException cancelled = null;
      for (Future<?> worker : running) {
        try {
          worker.get();
        } catch (ExecutionException e) {
          // Which one failed first can't be told from who was cancelled for it, but by its kind.
          if (e.getCause() instanceof CancelledException c) {
            cancelled = c;
          } else {
            throw Causes.of(e);
          }
        }
      }
      if (cancelled != null) {
        throw cancelled;
      }
      return from.withTargets(learnt);
    } catch (InterruptedException e) {
      own.cancel();
      Thread.currentThread().interrupt();
      throw new CancelledException("calibrating was interrupted", e);
    } finally {
      pool.shutdownNow();
      awaitEnd(pool);
    }
  }

  // Nobody may be at the model's files once the caller lets their lock go.
  private static void awaitEnd(ExecutorService pool) {
    boolean interrupted = false;
    while (true) {
      try {
        if (pool.awaitTermination(1, TimeUnit.DAYS)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void one(String name, Data data, Monitor own) {
    if (own.isCancelled()) {
      throw new CancelledException("calibrating was cancelled");
    }
    TargetOutcome outcome;
    try {
      outcome = learn(name, data, own);
    } catch (CancelledException | OutputException e) {
      throw e;
    } catch (PacNetException e) {
      outcome = new TargetOutcome(name, null, null, e, false);
    }
    synchronized (outcomes) {
      outcomes.put(name, outcome);
      done.accept(outcome);
    }
  }

  private TargetOutcome learn(String name, Data data, Monitor own) {
    TargetNames.check(name);
    Learnt target;
    computing.acquireUninterruptibly();
    try {
      target = compute(name, data, own);
    } finally {
      computing.release();
    }
    if (target.resumed()) {
      return new TargetOutcome(name, target.target().report(), null, null, true);
    }
    TargetSlot slot = folder == null ? TargetSlot.of(target.target()) : folder.write(target.target());
    synchronized (learnt) {
      learnt.put(name, slot);
    }
    return new TargetOutcome(name, target.target().report(), target.tuning(), null, false);
  }

  private record Learnt(TargetModel target, @Nullable Tuning tuning, boolean resumed) {}

  private Learnt compute(String name, Data data, Monitor own) {
    TargetRows rows = TargetRows.read(data, phases.schema(), settings, own);
    TargetSlot there = from.targets().get(name);
    if (there != null && !overwrite) {
      TargetModel known = there.get();
      boolean sameRows = rows.rows().provenance().equals(known.report().data());
      if (sameRows && (tune || alike(known.config(), Calibration.resolved(settings, from, rows)))) {
        return new Learnt(known, null, true);
      }
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the model has a target '%s' already, learnt from other rows or by other settings:"
                  + " allow it to be replaced",
              name),
          "overwrite");
    }
    Tuning tuning = null;
    TransferConfig how = settings;
    if (tune) {
      tuning = new Tuner(phases, from, rows, null, settings, own).run(List.of(), false);
      how = tuning.best().config();
    }
    return new Learnt(Tuner.learn(phases, from, name, rows, null, how, own), tuning, false);
  }

  // But for what computes, which a saved target doesn't know.
  private static boolean alike(TransferConfig known, TransferConfig wanted) {
    return known.toBuilder().compute(wanted.compute()).build().equals(wanted);
  }
}
