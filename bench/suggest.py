"""Error against rows of the target, of rows that `pacnet suggest` names, random ones and the next of a Sobol sequence: Friedman #1, distance 2.

python3 bench/suggest.py FOLDER [METHOD]   (packages as for real.py, and SciPy; the method is the default's where there is none)
Source: 2,000 rows of Friedman #1 with noise 0.1. Target: its coefficients and shifts drawn as `experiment friedman` draws them, noise 0.1. Ten random rows
to begin with, then twenty more, five at a time, out of 500 candidates (of Sobol, the candidate nearest to each point). RMSE on 1,000 rows without noise, means over SEEDS.
"""

import pathlib
import shutil
import sys

import numpy as np
import pandas as pd
from real import error, pacnet
from scipy.stats import qmc

SEEDS, INPUTS, FIRST, STEP, LAST, CANDIDATES, DISTANCE = 10, 10, 10, 5, 30, 500, 2.0
COLUMNS = [f"x{i}" for i in range(INPUTS)]


def friedman(x, a, b, c):
    z = b * x[:, :5] + c
    return a[0] * 10 * np.sin(np.pi * z[:, 0] * z[:, 1]) + a[1] * 20 * (z[:, 2] - 0.5) ** 2 + a[2] * 10 * z[:, 3] + a[3] * 5 * z[:, 4]


def table(x, y):
    return pd.DataFrame(x, columns=COLUMNS).assign(y=y)


def nearest(points, candidates, taken):
    """One candidate for each point, none of them twice."""
    picked = []
    for point in points:
        apart = ((candidates - point) ** 2).sum(1)
        apart[[*taken, *picked]] = np.inf
        picked.append(int(np.argmin(apart)))
    return picked


def main():
    folder, method = pathlib.Path(sys.argv[1]), sys.argv[2:] or []
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    x = random.uniform(size=(2000, INPUTS))
    table(x, friedman(x, np.ones(4), np.ones(5), np.zeros(5)) + 0.1 * random.normal(size=2000)).to_csv(folder / "source.csv", index=False)
    base = folder / "base"
    pacnet("train", "--source", folder / "source.csv", "--label", "y", "--out", base)
    pacnet("prune", "--model", base)
    pacnet("allocate", "--model", base, "--source", folder / "source.csv")
    found = []
    for seed in range(SEEDS):
        random = np.random.default_rng(100 + seed)
        task = (random.normal(1, 0.1 * DISTANCE, 4), random.normal(1, 0.1 * DISTANCE, 5), random.normal(0, 0.05 * DISTANCE, 5))
        candidates, tests = random.uniform(size=(CANDIDATES, INPUTS)), random.uniform(size=(1000, INPUTS))
        labels = friedman(candidates, *task) + 0.1 * random.normal(size=CANDIDATES)
        table(tests, friedman(tests, *task)).to_csv(folder / "tests.csv", index=False)
        first = [int(i) for i in random.permutation(CANDIDATES)[:FIRST]]
        sobol = qmc.Sobol(INPUTS, seed=seed).random(LAST)
        order = [int(i) for i in random.permutation(CANDIDATES)]
        for how in ("suggested", "random", "Sobol"):
            rows = list(first)
            while True:
                table(candidates[rows], labels[rows]).to_csv(folder / "few.csv", index=False)
                common = ("--model", base, "--target", folder / "few.csv", "--name", "t", "--overwrite")
                pacnet("calibrate", *common, *(["--method", *method] if method else []))
                rmse = error(pacnet("evaluate", "--model", base, "--name", "t", "--input", folder / "tests.csv")["metrics"])
                found.append((how, len(rows), rmse))
                if len(rows) >= LAST:
                    break
                rest = [i for i in range(CANDIDATES) if i not in rows]
                if how == "suggested":
                    table(candidates[rest], 0).drop(columns="y").to_csv(folder / "rest.csv", index=False)
                    said = pacnet("suggest", "--model", base, "--name", "t", "--candidates", folder / "rest.csv", "--count", STEP)
                    rows += [rest[one["row"]] for one in said["suggestions"]]
                elif how == "random":
                    rows += [i for i in order if i not in rows][:STEP]
                else:
                    rows += nearest(sobol[len(rows) - FIRST : len(rows) - FIRST + STEP], candidates, rows)
    errors = pd.DataFrame(found, columns=["rows", "n", "rmse"])
    print(errors.groupby(["rows", "n"], sort=False).rmse.agg(["mean", "sem"]).unstack().round(3).to_string())


if __name__ == "__main__":
    main()
