"""What is lost, and what is won, where a target is learnt again by a small network: Friedman's function with other coefficients and interactions.

pip install numpy pandas; python3 bench/distil.py FOLDER [SEEDS]
Of each seed a source of 2,000 rows, 30 of the target with noise 0.5 and 2,000 without for the test: RMSE (of three classes % wrong) of the target by
the default and by pac, of students of it, and of a base that was small from the start.
"""

import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd

PACNET = str(pathlib.Path(__file__).resolve().parent.parent / "pacnet")
ROWS, FEW, NOISE = 2000, 30, 0.5
SOURCE = (10, 20, 10, 5, 1)
STUDENTS = ("16", "32,32", "64,64")


def table(random, rows, factors, noise, classes):
    x = random.rand(rows, 10)
    a, b, c, d, e = factors
    y = a * np.sin(np.pi * e * x[:, 0] * x[:, 1]) + b * (x[:, 2] - 0.5) ** 2 + c * x[:, 3] + d * x[:, 4]
    y += noise * random.randn(rows)
    columns = pd.DataFrame(x.round(6), columns=[f"x{i}" for i in range(10)])
    return columns.assign(y=np.select([y < 11, y < 17], ["low", "mid"], "high") if classes else y)


def pacnet(*arguments):
    done = subprocess.run([PACNET, *map(str, arguments), "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"pacnet {' '.join(map(str, arguments))}: {done.stderr}")
    return json.loads(done.stdout)


def error(metrics):
    return metrics["labels"][0]["rmse"] if metrics.get("accuracy") is None else 100 * (1 - metrics["accuracy"])


def transferred(place, name, method, classes, *more):
    model = place / name
    shutil.rmtree(model, ignore_errors=True)
    task = ("--task", "classification") if classes else ()
    files = ("--source", place / "source.csv", "--target", place / "target.csv", "--label", "y", "--name", "t")
    pacnet("transfer", *files, *task, "--method", method, "--out", model, *more)
    return error(pacnet("evaluate", "--model", model, "--name", "t", "--input", place / "test.csv")["metrics"])


def run(place, seed, classes):
    random = np.random.RandomState(seed)
    factors = np.array(SOURCE) * (1 + 0.3 * random.randn(5))
    place.mkdir(parents=True, exist_ok=True)
    for name, rows, own, noise in (("source", ROWS, SOURCE, 0), ("target", FEW, factors, NOISE), ("test", ROWS, factors, 0)):
        table(random, rows, own, noise, classes).to_csv(place / f"{name}.csv", index=False)
    rows = ("--rows", place / "source.csv") if classes else ()
    for method in ("auto", "pac"):
        yield method, "", 0, transferred(place, method, method, classes)
        for student in STUDENTS:
            found = pacnet("distil", "--model", place / method, "--student", student, *rows, "--test", place / "test.csv", "--out", place / "student", "--overwrite")
            yield method, f"student {student}", found["student"]["numbers"] / found["teacher"]["numbers"], error(found["student"]["test"])
            faster = found["teacher"]["secondsPerRow"] / found["student"]["secondsPerRow"]
            yield method, f"student {student}, times as fast", 0, faster
            yield method, f"base of {student}", 0, transferred(place, "small", method, classes, "--hidden", student)


def main():
    folder, seeds = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    for classes in (False, True):
        found = [row for seed in range(seeds) for row in run(folder / f"{seed}", seed, classes)]
        means = pd.DataFrame(found, columns=["teacher", "network", "size", "error"]).groupby(["teacher", "network"], sort=False).mean()
        print("classes" if classes else "numbers", means.round(4).to_string(), sep="\n", flush=True)


if __name__ == "__main__":
    main()
