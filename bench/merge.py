"""What a family of earlier targets is worth to a new one, on Friedman's problem.

python3 bench/merge.py FOLDER [SEEDS]   (no packages)
Each seed has a source of 2,000 rows at distance 2, eight earlier targets of 200 rows at distance 0.5 from the new one, calibrated by pac, and of the
new one n rows with noise. The error is the RMSE of 2,000 of its rows without noise; p of a paired t-test against pac, two-sided.
"""

import math
import pathlib
import random
import statistics
import sys

from rank import friedman, pacnet, system

RELATIVES = [f"r{k}" for k in range(8)]
SIZES = (5, 10, 30)


def p_value(differences):
    """Student's t by numeric integration of its density."""
    n, deviation = len(differences), statistics.stdev(differences)
    t = abs(statistics.mean(differences)) / (deviation / math.sqrt(n))
    v = n - 1
    factor = math.gamma((v + 1) / 2) / (math.sqrt(v * math.pi) * math.gamma(v / 2))
    steps = 20000
    inside = sum(factor * (1 + (t * (i + 0.5) / steps) ** 2 / v) ** (-(v + 1) / 2) for i in range(steps)) * t / steps
    return max(0.0, 1 - 2 * inside)


def main():
    folder = pathlib.Path(sys.argv[1])
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    errors = {n: {} for n in SIZES}
    for seed in range(seeds):
        place = folder / str(seed)
        place.mkdir(parents=True, exist_ok=True)
        rng = random.Random(seed)
        own = system(0, rng)
        base, few = place / "base", place / "few.csv"
        friedman(place / "source.csv", 2000, system(2, rng), 1, rng)
        pacnet("train", "--source", place / "source.csv", "--label", "y", "--out", base, "--overwrite")
        pacnet("prune", "--model", base)
        pacnet("allocate", "--model", base, "--source", place / "source.csv")
        for name in RELATIVES:
            friedman(place / "relative.csv", 200, system(0.5, rng, own), 1, rng)
            pacnet("calibrate", "--model", base, "--target", place / "relative.csv", "--name", name, "--method", "pac")
        friedman(place / "test.csv", 2000, own, 0, rng)
        relatives = ",".join(RELATIVES)
        pacnet("merge", "--model", base, "--targets", relatives, "--name", "merged")

        def error(name):
            return pacnet("evaluate", "--model", base, "--name", name, "--input", place / "test.csv")["metrics"]["labels"][0]["rmse"]

        rowless = error("merged")
        single = statistics.mean(error(name) for name in RELATIVES)
        for n in SIZES:
            friedman(few, n, own, 1, rng)
            pacnet("merge", "--model", base, "--targets", relatives, "--name", "t", "--target", few, "--overwrite")
            found = {"merge, no rows": rowless, "one relative": single, "merge": error("t")}
            for method in ("pac", "metavote", "stack", "cokriging", "untouched"):
                pacnet("calibrate", "--model", base, "--target", few, "--name", "t", "--method", method, "--overwrite")
                found[method] = error("t")
            for name, value in found.items():
                errors[n].setdefault(name, []).append(value)
    for n, by in errors.items():
        print(f"n = {n}: " + "; ".join(
            f"{name} {statistics.mean(values):.2f}" + ("" if name == "pac" else f" (p {p_value([v - q for v, q in zip(values, by['pac'])]):.2g})")
            for name, values in by.items()))


if __name__ == "__main__":
    main()
