package org.pacnet.cli;

import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.pacnet.result.Monitor;
import org.pacnet.result.Phase;
import org.pacnet.result.Progress;
import org.pacnet.result.ReadProgress;

/** Progress bars on standard error, one a phase; silent where that is not a terminal. */
final class ProgressDisplay implements AutoCloseable {

  // The launcher looks, since Java itself can't ask whether standard error is a terminal.
  private static final boolean ON_TERMINAL = Boolean.getBoolean("pacnet.terminal");

  private @Nullable ProgressBar bar;
  private @Nullable Phase phase;
  private @Nullable String table;

  /** A monitor that draws here. */
  Monitor monitor() {
    return ON_TERMINAL ? new Monitor(this::show, this::showReading) : new Monitor();
  }

  private void showReading(ReadProgress progress) {
    if (bar == null || !progress.table().equals(table)) {
      finish();
      table = progress.table();
      bar = newBar("Reading", -1).setExtraMessage(" rows of " + table);
    }
    bar.stepTo(progress.rows());
  }

  private void show(Progress progress) {
    if (bar == null || phase != progress.phase()) {
      finish();
      table = null;
      phase = progress.phase();
      bar = newBar(String.format(Locale.ROOT, "%-9s", phase), progress.epochs());
    }
    if (!Double.isNaN(progress.trainLoss())) {
      bar.setExtraMessage(String.format(Locale.ROOT, " loss %.4g", progress.trainLoss()));
    }
    bar.stepTo(progress.epoch());
  }

  /** A bar of steps that are not epochs. Call the result after each, from any thread. */
  Runnable steps(String name, long count) {
    if (!ON_TERMINAL) {
      return () -> {};
    }
    ProgressBar created = newBar(name, count);
    bar = created;
    return created::step;
  }

  private static ProgressBar newBar(String name, long count) {
    return new ProgressBarBuilder()
        .setTaskName(name)
        .setInitialMax(count)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(100)
        .build();
  }

  /** Ends the bar in progress, so that results can be printed below it. */
  void finish() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  @Override
  public void close() {
    finish();
  }
}
