"""Draws docs/pictures: trajectories and fields that a few samples of a target teach, beside the truth. Needs the built
command, and Python with numpy, scipy and matplotlib. bench/pictures.py [FOLDER]

The systems are those of `./pacnet experiment`, solved here by SciPy's DOP853; the fields' references are the command's.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from scipy.integrate import solve_ivp

ROOT = Path(__file__).resolve().parent.parent
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs" / "pictures").resolve()
# Okabe and Ito's, which the colour-blind can tell apart, and a dash each.
STYLES = {"scratch": ("#D55E00", ":"), "finetune": ("#0072B2", "--"), "pac": ("#009E73", "-"), "source": ("#999999", "-.")}

SYSTEMS = {
    "pendulum": (["angle", "speed"], [1, 0.15], [1.5, 0.1], [1.3, 0.6], [(-1.5, 1.5), (-1, 1)],
                 lambda p, z: [z[1], -p[0] * np.sin(z[0]) - p[1] * z[1]]),
    "lotka-volterra": (["prey", "predators"], [1, 1, 1, 1], [1.4, 0.8, 0.8, 0.9], [0.6, 0.5], [(0.4, 2), (0.4, 2)],
                       lambda p, z: [p[0] * z[0] - p[1] * z[0] * z[1], p[2] * z[0] * z[1] - p[3] * z[1]]),
    "duffing": (["position", "speed"], [0.15, 1, 1], [0.2, 1.4, 0.7], [1.7, 0.5], [(-2, 2), (-1, 1)],
                lambda p, z: [z[1], -p[0] * z[1] - p[1] * z[0] - p[2] * z[0] ** 3]),
    "spring-mass": (["first", "second", "first_speed", "second_speed"], [1, 1.5, 0.5, 0.1], [1.5, 1.1, 0.35, 0.14],
                    [0.9, -0.6, 0, 0.5], [(-1, 1)] * 4,
                    lambda p, z: [z[2], z[3], -p[0] * z[0] - p[2] * (z[0] - z[1]) - p[3] * z[2],
                                  -p[1] * z[1] + p[2] * (z[0] - z[1]) - p[3] * z[3]]),
}
FIELDS = {"heat": (0.1, 0.25), "burgers": (0.05, 0.12), "allen-cahn": (0.1, 0.2), "wave": (1, 1.4)}


def pacnet(*words):
    subprocess.run([str(ROOT / "pacnet"), *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def table(path):
    return np.genfromtxt(path, delimiter=",", names=True)


def write_runs(path, names, equation, parameters, firsts, times, noise, random):
    t = 0.1 * np.arange(times)
    with open(path, "w") as out:
        out.write(",".join(["run", "t", *names]) + "\n")
        for run, first in enumerate(firsts):
            solved = solve_ivp(lambda _, z: equation(parameters, z), (0, t[-1]), first, "DOP853", t, rtol=1e-9, atol=1e-9)
            states = solved.y.T + noise * random.standard_normal((times, len(names)))
            for at, state in zip(t, states):
                out.write(",".join(f"{v:.7g}" for v in [run, at, *state]) + "\n")


def save(figure, name):
    figure.savefig(OUT / f"{name}.png", dpi=90)
    plt.close(figure)
    # A third of the size, and nobody sees it.
    Image.open(OUT / f"{name}.png").convert("RGB").quantize(96).save(OUT / f"{name}.png", optimize=True)


def learn(folder, options, epochs):
    """One base, three targets on the same rows, and what each says of the test rows."""
    model = folder / "model"
    pacnet("transfer", "--source", folder / "source.csv", "--target", folder / "target.csv", "--name", "pac", *options, *epochs,
           "--out", model)
    for method in ("scratch", "finetune"):
        pacnet("calibrate", "--model", model, "--target", folder / "target.csv", "--name", method, "--method", method)
    said = {}
    for name in STYLES:
        which = ["--source-task"] if name == "source" else ["--name", name]
        pacnet("predict", "--model", model, "--input", folder / "test.csv", "--out", folder / "said.csv", *which)
        said[name] = table(folder / "said.csv")
    return said


def draw_system(name):
    names, target, source, first, ranges, equation = SYSTEMS[name]
    random = np.random.default_rng(4)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        low, high = np.array(ranges).T
        write_runs(folder / "source.csv", names, equation, source, random.uniform(low, high, (100, len(names))), 101, 0, random)
        write_runs(folder / "target.csv", names, equation, target, random.uniform(low, high, (4, len(names))), 21, 0.05, random)
        write_runs(folder / "test.csv", names, equation, target, [first], 201, 0, random)
        said = learn(folder, ["--network", "ode", "--trajectory", "run", "--time", "t"], ["--source-epochs", 300])
    figure, axes = plt.subplots(2, 1, figsize=(7, 3.8), sharex=True, layout="constrained")
    for axis, state in zip(axes, names):
        truth = said["pac"]
        axis.plot(truth["t"], truth[state], color="black", lw=3, alpha=0.35, label="truth")
        for method, (color, dash) in STYLES.items():
            axis.plot(said[method]["t"], said[method]["prediction_" + state], color=color, ls=dash, lw=1.4, label=method)
        span = np.ptp(truth[state])
        axis.set_ylim(truth[state].min() - 0.4 * span, truth[state].max() + 0.4 * span)
        axis.set_ylabel(state)
        axis.axvspan(0, 2, color="#eeeeee", zorder=0)
    axes[-1].set_xlabel("time (grey: as long as the target's four trajectories are)")
    axes[0].legend(ncols=5, fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1))
    save(figure, name)


def draw_field(name):
    target, source = FIELDS[name]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pacnet("points", name, "--coefficient", source, "--out", folder / "source.csv")
        pacnet("points", name, "--coefficient", target, "--points", 30, "--known", 30, "--seed", 4, "--out", folder / "target.csv")
        pacnet("points", name, "--coefficient", target, "--solution", 64, "--out", folder / "test.csv")
        points = table(folder / "target.csv")
        said = learn(folder, ["--network", "pinn", "--equation", name], ["--source-epochs", 600, "--target-epochs", 1000])
    grid = lambda column: column.reshape(65, 65).T
    truth = grid(said["pac"]["u"])
    off = {method: grid(said[method]["prediction_u"]) - truth for method in ("pac", "finetune", "scratch")}
    # One scale for all differences, or nobody could compare them.
    most = max(np.abs(o).max() for o in off.values())
    figure, axes = plt.subplots(1, 5, figsize=(11, 2.5), sharey=True, layout="constrained")
    shown = [("reference", truth, "viridis", truth.min(), truth.max()),
             ("pac", truth + off["pac"], "viridis", truth.min(), truth.max())]
    shown += [(f"{m} less reference", o, "RdBu_r", -most, most) for m, o in off.items()]
    for axis, (title, values, colors, low, high) in zip(axes, shown):
        image = axis.imshow(values, extent=(0, 1, -1, 1), origin="lower", aspect="auto", cmap=colors, vmin=low, vmax=high)
        error = "" if "less" not in title else f"\nRMSE {np.sqrt((values**2).mean()):.3f}"
        axis.set_title(title + error, fontsize=9)
        axis.set_xlabel("t")
        figure.colorbar(image, ax=axis, shrink=0.9)
    axes[0].scatter(points["t"], points["x"], s=5, color="white", edgecolors="black", linewidths=0.4)
    axes[0].set_ylabel("x")
    save(figure, name)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name in SYSTEMS:
        draw_system(name)
    for name in FIELDS:
        draw_field(name)


if __name__ == "__main__":
    main()
