"""What it is worth to choose a base by `pacnet rank` before anything is trained, on Friedman's problem.

python3 bench/rank.py FOLDER [SEEDS]   (no packages)
Each seed has four sources of 2,000 rows, whose parameters are off by distances 0.5, 1, 2 and 4 (a, b ~ N(1, (0.1d)^2), c ~ N(0, (0.05d)^2)), and a
target of n rows with noise. Each base is calibrated by the default and asked of 2,000 rows without noise: how often is the one that rank puts
first the best, how far is it off beside the best, and beside one that is taken at random.
"""

import json
import math
import pathlib
import random
import statistics
import subprocess
import sys

PACNET = str(pathlib.Path(__file__).resolve().parent.parent / "pacnet")
DISTANCES = (0.5, 1, 2, 4)
SIZES = (10, 30, 100)


def pacnet(*arguments):
    done = subprocess.run([PACNET, *map(str, arguments), "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"pacnet {' '.join(map(str, arguments))}: {done.stderr}")
    return json.loads(done.stdout)


def system(distance, rng, near=None):
    """Parameters (a, b, c), of a system at that distance from another, or from Friedman's own."""
    near = near or ([1] * 4, [1] * 5, [0] * 5)
    return [[rng.gauss(value, (0.05 if k == 2 else 0.1) * distance) for value in part] for k, part in enumerate(near)]


def friedman(file, rows, parameters, noise, rng):
    a, b, c = parameters
    with open(file, "w", encoding="ascii") as out:
        print(*[f"x{i}" for i in range(10)], "y", sep=",", file=out)
        for _ in range(rows):
            x = [rng.random() for _ in range(10)]
            u = [b[i] * x[i] + c[i] for i in range(5)]
            y = a[0] * 10 * math.sin(math.pi * u[0] * u[1]) + a[1] * 20 * (u[2] - 0.5) ** 2 + a[2] * 10 * u[3] + a[3] * 5 * u[4]
            print(*x, y + noise * rng.gauss(0, 1), sep=",", file=out)


def main():
    folder = pathlib.Path(sys.argv[1])
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    picked = {n: [] for n in SIZES}
    for seed in range(seeds):
        place = folder / str(seed)
        place.mkdir(parents=True, exist_ok=True)
        rng = random.Random(seed)
        bases = []
        for distance in DISTANCES:
            source, base = place / f"source{distance}.csv", place / f"base{distance}"
            friedman(source, 2000, system(distance, rng), 1, rng)
            pacnet("train", "--source", source, "--label", "y", "--out", base, "--overwrite")
            pacnet("prune", "--model", base)
            pacnet("allocate", "--model", base, "--source", source)
            bases.append(base)
        friedman(place / "test.csv", 2000, system(0, rng), 0, rng)
        for n in SIZES:
            friedman(place / "few.csv", n, system(0, rng), 1, rng)
            said = pacnet("rank", "--models", ",".join(map(str, bases)), "--target", place / "few.csv")["bases"]
            errors = {}
            for base in bases:
                pacnet("calibrate", "--model", base, "--target", place / "few.csv", "--name", "t", "--overwrite")
                errors[str(base)] = pacnet("evaluate", "--model", base, "--name", "t", "--input", place / "test.csv")["metrics"]["labels"][0]["rmse"]
            best = min(errors.values())
            by = {
                "rank": said[0]["name"],
                "LogME": max(said, key=lambda b: b["logMe"])["name"],
                "untouched error": min(said, key=lambda b: b["untouched"])["name"],
            }
            picked[n].append({k: errors[v] / best for k, v in by.items()} | {"at random": statistics.mean(errors.values()) / best})
    for n, rows in picked.items():
        print(f"n = {n}: " + "; ".join(
            f"{k} best in {sum(r[k] == 1 for r in rows)} of {len(rows)}, {statistics.mean(r[k] for r in rows):.2f} of the best one's error" for k in rows[0]))


if __name__ == "__main__":
    main()
