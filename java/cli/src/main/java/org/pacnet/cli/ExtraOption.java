package org.pacnet.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine.Option;

/** What the target has and the source does not. */
final class ExtraOption {

  @Option(
      names = "--extra",
      split = ",",
      paramLabel = "COLUMN",
      description =
          "Columns of the target that the source does not have: the base knows nothing of them, what corrects it learns from them"
              + " too (methods stack, cokriging, cokriging-bma, gp-residual, gp, ridge-residual, logistic). Rows to predict have them as well; none: --extra ''")
  private @Nullable List<String> extra;

  void apply(TransferConfig.Builder builder) {
    if (extra != null) {
      // None: '', where a model's settings have some.
      String[] columns = extra.stream().filter(column -> !column.isEmpty()).toArray(String[]::new);
      builder.calibrate(c -> c.extra(columns));
    }
  }
}
