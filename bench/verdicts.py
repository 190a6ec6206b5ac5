"""What --tune's verdict says of the real tables of real.py, and whether it is so on rows that nobody saw; and how many of those rows intervals hold.

python3 bench/verdicts.py FOLDER   (packages as for real.py)
Each of five draws of n target rows is tuned with the same base. Said: what the verdict begins with. True: by the errors of up to 400 other rows.
"""

import collections
import pathlib
import shutil
import sys
import warnings

import pandas as pd
from real import base_of, draws, error, pacnet, tables

HELPS, ROWS_HELP, SOURCE_HELPS = "The transfer helps", "The target's rows help", "The source helps"
NO_SOURCE, NOTHING = "The source does not help", "Nothing that was tried"


def right(said, best, source, alone):
    """None where nothing was claimed."""
    return {
        HELPS: best < source and best < alone,
        ROWS_HELP: best < source,
        SOURCE_HELPS: best < alone,
        NO_SOURCE: best < source,
        NOTHING: None,
    }.get(said)


def main():
    warnings.simplefilter("ignore")
    folder = pathlib.Path(sys.argv[1])
    for name, (source, target, label, sizes) in tables().items():
        place = folder / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        few, rest = draws(target, label, sizes)
        source.to_csv(place / "source.csv", index=False)
        classes = label == "target"
        base = base_of(place, label)
        rows = []
        for draw, own in few.groupby("draw"):
            n = len(own)
            other = rest[rest.draw == draw].drop(columns="draw")
            own.drop(columns="draw").to_csv(place / "few.csv", index=False)
            other.to_csv(place / "rest.csv", index=False)
            common = ("--model", base, "--target", place / "few.csv")
            bounds = [] if classes else ["--intervals"]
            tuned = pacnet("calibrate", *common, "--name", "best", "--tune", *bounds, "--overwrite")
            for method in ("untouched", "scratch" if classes else "gp"):
                pacnet("calibrate", *common, "--name", method, "--method", method, "--overwrite")
            errors = [error(pacnet("evaluate", "--model", base, "--name", m, "--input", place / "rest.csv")["metrics"]) for m in ("best", "untouched", "scratch" if classes else "gp")]
            verdict = tuned["tuning"]["verdict"]
            said = next((s for s in (HELPS, ROWS_HELP, SOURCE_HELPS, NO_SOURCE, NOTHING) if verdict.startswith(s)), "can't be told")
            held = float("nan")
            level = 0.8 if n < 9 else 0.9
            if not classes:
                out = place / "predicted.csv"
                pacnet("predict", "--model", base, "--name", "best", "--input", place / "rest.csv", "--interval", level, "--out", out)
                answers = pd.read_csv(out)
                held = ((answers[label] >= answers[f"lower_{label}"]) & (answers[label] <= answers[f"upper_{label}"])).mean()
            rows.append((n, tuned["method"], said, right(said, *errors), *errors, level, held))
        table = pd.DataFrame(rows, columns=["n", "taken", "said", "right", "best", "source", "alone", "level", "held"])
        print(f"\n{name}")
        for n, cell in table.groupby("n"):
            said = collections.Counter(f"{s}{'' if r is None else ' (true)' if r else ' (FALSE)'}" for s, r in zip(cell.said, cell.right))
            print(
                f"  n = {n}: {'; '.join(f'{count} x {what}' for what, count in said.items())}. Error {cell.best.mean():.3g}, source {cell.source.mean():.3g}, rows alone {cell.alone.mean():.3g}."
                + ("" if classes else f" {100 * cell.level.iloc[0]:.0f} % intervals hold {100 * cell.held.mean():.0f} % ({100 * cell.held.min():.0f} to {100 * cell.held.max():.0f})."),
                flush=True,
            )


if __name__ == "__main__":
    main()
