package org.pacnet.internal.many;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
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
import org.pacnet.internal.learn.Fitted;
import org.pacnet.internal.learn.ModelState;
import org.pacnet.internal.learn.Phases;
import org.pacnet.internal.learn.SharedFit;
import org.pacnet.internal.learn.TargetModel;
import org.pacnet.internal.learn.TargetRows;
import org.pacnet.internal.learn.TargetSlot;
import org.pacnet.internal.select.Tuner;
import org.pacnet.internal.store.ModelStore;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.result.Monitor;
import org.pacnet.result.TargetOutcome;
import org.pacnet.result.Tuning;

/**
 * Calibrates many targets, as many at once as there are threads and each by one: targets don't wait for each other, and each
 * gets the same bits whatever the others do.
 */
public final class ManyTargets {

  private static final int WORKERS_A_THREAD = 3;
  // Targets whose rows are in memory while they wait for each other.
  private static final int READ_AT_ONCE = 4096;
  // 128 MiB, of parameters or of rows, and as much again for each of their copies.
  private static final long MOST_FLOATS = 1 << 25;

  private final Phases phases;
  private final ModelState from;
  private final TransferConfig settings;
  private final boolean tune;
  private final boolean overwrite;
  private final boolean together;
  private final int threads;
  private final ModelStore.@Nullable TargetFolder folder;
  private final Consumer<TargetOutcome> done;
  private final Monitor monitor;
  // How many compute at once: while some wait for the disk to have taken what they learnt, others go on.
  private final Semaphore computing;
  private final Map<String, TargetSlot> learnt = new TreeMap<>();
  private final Map<String, TargetOutcome> outcomes = new TreeMap<>();

  /**
   * @param settings whose threads are how many at once
   * @param together whether fits that can be are done in one native call, all at once where the device is a GPU
   * @param folder where each is saved as soon as it is learnt, and then forgotten here; null to keep them
   */
  public ManyTargets(
      Phases phases,
      ModelState from,
      TransferConfig settings,
      boolean tune,
      boolean overwrite,
      boolean together,
      ModelStore.@Nullable TargetFolder folder,
      Consumer<TargetOutcome> done,
      Monitor monitor) {
    this.phases = phases;
    this.from = from;
    this.settings = settings.toBuilder().compute(c -> c.threads(1)).build();
    this.tune = tune;
    this.overwrite = overwrite;
    this.together = together && !tune;
    threads = settings.compute().threads();
    this.folder = folder;
    this.done = done;
    this.monitor = monitor;
    computing = new Semaphore(threads);
  }

  public Map<String, TargetOutcome> outcomes() {
    return outcomes;
  }

  /** Returns the state with all that were learnt. */
  public ModelState run(Map<String, Data> targets) {
    List<Map.Entry<String, Data>> all = List.copyOf(new TreeMap<>(targets).entrySet());
    Monitor own = monitor.cancelOnly();
    if (!together) {
      eachOf(all, own, target -> one(target.getKey(), own, () -> compute(target.getKey(), target.getValue(), own)));
    }
    for (int first = 0; together && first < all.size(); first += READ_AT_ONCE) {
      together(all.subList(first, Math.min(first + READ_AT_ONCE, all.size())), own);
    }
    return from.withTargets(learnt);
  }

  // As many at once as may compute, and some that wait for the disk.
  private <T> void eachOf(List<T> all, Monitor own, Consumer<T> body) {
    AtomicInteger next = new AtomicInteger();
    int workers = Math.max(1, Math.min(WORKERS_A_THREAD * threads, all.size()));
    ExecutorService pool = Executors.newFixedThreadPool(workers);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int w = 0; w < workers; w++) {
        running.add(
            pool.submit(
                () -> {
                  try {
                    for (int i = next.getAndIncrement(); i < all.size(); i = next.getAndIncrement()) {
                      body.accept(all.get(i));
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
    } catch (InterruptedException e) {
      own.cancel();
      Thread.currentThread().interrupt();
      throw new CancelledException("calibrating was interrupted", e);
    } finally {
      pool.shutdownNow();
      awaitEnd(pool);
    }
  }

  /** A target whose fit is done with others'. */
  private record Waiting(String name, TargetRows rows, TransferConfig how) {}

  // Reads them, has the fits of all that can be done together so, and then goes on with each as ever.
  private void together(List<Map.Entry<String, Data>> some, Monitor own) {
    Queue<Waiting> read = new ConcurrentLinkedQueue<>();
    eachOf(
        some,
        own,
        target ->
            one(
                target.getKey(),
                own,
                () -> {
                  TargetRows rows = TargetRows.read(target.getValue(), phases.schema(), settings, own);
                  Learnt known = known(target.getKey(), rows);
                  if (known != null) {
                    return known;
                  }
                  TransferConfig how = Calibration.resolved(settings, from, rows);
                  if (!rows.ownHead() && Calibration.canShare(how)) {
                    read.add(new Waiting(target.getKey(), rows, how));
                    return null;
                  }
                  return compute(target.getKey(), rows, null, own);
                }));
    Map<TransferConfig, List<Waiting>> alike = new LinkedHashMap<>();
    read.stream()
        .sorted(Comparator.comparing(Waiting::name))
        .forEach(target -> alike.computeIfAbsent(target.how(), how -> new ArrayList<>()).add(target));
    for (List<Waiting> targets : alike.values()) {
      for (List<Waiting> part : parts(targets)) {
        List<Fitted> fitted;
        try {
          fitted = fit(part, own);
        } catch (CancelledException e) {
          throw e;
        } catch (PacNetException e) {
          part.forEach(target -> tell(new TargetOutcome(target.name(), null, null, e, false)));
          continue;
        }
        List<Integer> places = IntStream.range(0, part.size()).boxed().toList();
        eachOf(
            places,
            own,
            i -> one(part.get(i).name(), own, () -> compute(part.get(i).name(), part.get(i).rows(), fitted.get(i), own)));
      }
    }
  }

  private List<Fitted> fit(List<Waiting> targets, Monitor own) {
    SharedFit shared;
    Waiting first = targets.get(0);
    try (Calibration calibration = new Calibration(phases, from, first.rows(), null, first.how(), own)) {
      shared = calibration.shared();
    }
    List<EncodedData> rows = targets.stream().map(target -> target.rows().rows()).toList();
    return phases.fitTogether(shared, rows, own);
  }

  // As many at once as have so many parameters and rows.
  private List<List<Waiting>> parts(List<Waiting> targets) {
    List<List<Waiting>> parts = new ArrayList<>();
    long room = 0;
    for (Waiting target : targets) {
      long floats = Math.max(phases.parameterCount(), (long) target.rows().rows().rows() * phases.schema().inputWidth());
      room -= floats;
      if (room < 0) {
        parts.add(new ArrayList<>());
        room = MOST_FLOATS - floats;
      }
      parts.get(parts.size() - 1).add(target);
    }
    return parts;
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

  // work: gives null where the target waits for others.
  private void one(String name, Monitor own, Supplier<@Nullable Learnt> work) {
    if (own.isCancelled()) {
      throw new CancelledException("calibrating was cancelled");
    }
    TargetOutcome outcome;
    try {
      outcome = learn(name, work);
    } catch (CancelledException | OutputException e) {
      throw e;
    } catch (PacNetException e) {
      outcome = new TargetOutcome(name, null, null, e, false);
    }
    if (outcome != null) {
      tell(outcome);
    }
  }

  private void tell(TargetOutcome outcome) {
    synchronized (outcomes) {
      outcomes.put(outcome.name(), outcome);
      done.accept(outcome);
    }
  }

  private @Nullable TargetOutcome learn(String name, Supplier<@Nullable Learnt> work) {
    TargetNames.check(name);
    Learnt target;
    computing.acquireUninterruptibly();
    try {
      target = work.get();
    } finally {
      computing.release();
    }
    if (target == null) {
      return null;
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
    Learnt known = known(name, rows);
    return known != null ? known : compute(name, rows, null, own);
  }

  private Learnt compute(String name, TargetRows rows, @Nullable Fitted fitted, Monitor own) {
    Tuning tuning = null;
    TransferConfig how = settings;
    if (tune) {
      tuning = new Tuner(phases, from, rows, null, settings, own).run(List.of(), false);
      how = tuning.best().config();
    }
    return new Learnt(Tuner.learn(phases, from, name, rows, null, how, tuning == null ? 1 : tuning.optimism(), fitted, own), tuning, false);
  }

  // The target that is there already, if that is what would be learnt.
  private @Nullable Learnt known(String name, TargetRows rows) {
    TargetSlot there = from.targets().get(name);
    if (there == null || overwrite) {
      return null;
    }
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

  // But for what computes, which a saved target doesn't know.
  private static boolean alike(TransferConfig known, TransferConfig wanted) {
    return known.toBuilder().compute(wanted.compute()).build().equals(wanted);
  }
}
