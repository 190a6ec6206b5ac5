package org.pacnet.cli;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Equation;
import org.pacnet.data.Data;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.table.PredictionWriter;
import org.pacnet.pde.Points;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pacnet points}. */
@Command(
    name = "points",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Write a table of points of a partial differential equation, for --network pinn: columns x (-1 to 1), t (0"
          + " to 1), coefficient, condition (0: the equation must hold there, 1: u is known, 2: u_t is known) and u."
          + " Rows of your own, measurements say, can be added to it.",
      "",
      "Example: ./pacnet points burgers --coefficient 0.05 --out source.csv",
      ""
    })
final class PointsCommand implements Runnable {

  @Parameters(
      index = "0",
      paramLabel = "EQUATION",
      description = "heat, burgers, allen-cahn or wave; docs/methods.md has the formulas")
  private Equation equation = Equation.HEAT;

  @Option(
      names = "--coefficient",
      required = true,
      paramLabel = "C",
      description = "The equation's: of diffusion, or of a wave its speed")
  private double coefficient;

  @Option(
      names = "--points",
      paramLabel = "N",
      description = "Points inside, where the equation must hold, by Sobol's sequence (default: 2000)")
  private int inside = 2000;

  @Option(
      names = "--known",
      paramLabel = "N",
      description = "Points at t = 0 and at both ends, where u is known (default: a fifth as many)")
  private @Nullable Integer known;

  @Option(
      names = "--solution",
      paramLabel = "CELLS",
      description = "Write instead the solution on a grid of so many cells, by finite differences: to test with")
  private @Nullable Integer solution;

  @Option(names = "--seed", paramLabel = "N", description = "Shifts the points (default: 0)")
  private long seed;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "A .csv or .parquet file; one that is there is replaced")
  private String out = "";

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    Points points = new Points(equation, coefficient);
    Data table =
        solution != null
            ? points.solution(solution)
            : points.training(inside, known != null ? known : inside / 5, seed);
    PredictionWriter.check(table, Path.of(out));
    PredictionWriter.write(table, List.of(), new BitSet(), List.of(), Path.of(out));
    output.print(
        Json.object("equation", equation.toString(), "coefficient", coefficient, "file", out),
        text -> text.println("Points of " + equation + ", coefficient " + coefficient + ", written to " + out));
  }
}
