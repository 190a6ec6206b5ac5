"""Real transfer tasks of tables that ship inside Python wheels, what an engineer would write in scikit-learn, and pacnet's methods.

pip install pandas scikit-learn vega-datasets statsmodels; python3 bench/real.py FOLDER [METHOD...]   (methods: auto pac pac-stack untouched)
Five draws of n target rows each; the mean over the draws of the error of up to 400 other rows: RMSE, or % wrong. Tables are left in FOLDER.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import statsmodels
import vega_datasets
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, RidgeCV
from sklearn.preprocessing import OneHotEncoder, StandardScaler

DRAWS = 5
PACNET = str(pathlib.Path(__file__).resolve().parent.parent / "pacnet")


def tables():
    """name: source, target, label, numbers of target rows"""
    vega = pathlib.Path(vega_datasets.__file__).parent / "_data"
    cars = pd.read_json(vega / "cars.json").dropna(subset=["Miles_per_Gallon"]).drop(columns=["Name"])
    cars["Year"] = pd.to_datetime(cars["Year"]).dt.year
    cars["Horsepower"] = cars["Horsepower"].fillna(cars["Horsepower"].mean())
    barley = pd.read_json(vega / "barley.json")
    firms = pd.read_csv(pathlib.Path(statsmodels.__file__).parent / "datasets/grunfeld/grunfeld.csv")
    tumours = load_breast_cancer(as_frame=True).frame
    tumours.columns = [c.replace(" ", "_") for c in tumours.columns]
    tumours["target"] = np.where(tumours["target"] == 1, "benign", "malignant")
    split = lambda table, source, column: (table[source].drop(columns=column), table[~source].drop(columns=column))
    japan = cars[cars.Origin != "Europe"]
    weather = pd.read_csv(vega / "seattle-weather.csv", parse_dates=["date"])
    weather = weather.assign(month=weather.date.dt.month, year=weather.date.dt.year).drop(columns="date")
    towns = [pd.read_csv(vega / f"{town}-temps.csv", parse_dates=["date"]) for town in ("seattle", "sf")]
    towns = [t.assign(month=t.date.dt.month, hour=t.date.dt.hour).drop(columns="date") for t in towns]
    patients = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progress"})
    wine = load_wine(as_frame=True).frame.rename(columns=lambda c: c.replace("/", "_"))
    schools = pd.read_csv(pathlib.Path(statsmodels.__file__).parent / "datasets/star98/star98.csv").filter(regex="^[^_]*$")
    visits = pd.read_csv(pathlib.Path(statsmodels.__file__).parent / "datasets/randhie/randhie.csv").sample(4000, random_state=0)
    visits["mdvis"] = np.log1p(visits["mdvis"])
    return {
        "cars": (*split(japan, japan.Origin == "USA", "Origin"), "Miles_per_Gallon", (5, 10, 30)),
        "barley": (*split(barley, barley.year == 1931, "year"), "yield", (5, 10, 30)),
        "firms": (*split(firms, firms.firm != "General Motors", "firm"), "invest", (5, 10)),
        "weather": (*split(weather, ~weather.month.between(5, 9), []), "temp_max", (5, 10, 30)),
        "towns": (*towns, "temp", (5, 10, 30)),
        "diabetes": (*split(patients, patients.sex == 1, "sex"), "progress", (5, 10, 30)),
        "wine": (*split(wine, wine.target < 2, "target"), "alcohol", (5, 10, 30)),
        "schools": (*split(schools, schools.LOWINC <= schools.LOWINC.median(), []), "PR50M", (5, 10, 30)),
        "visits": (*split(visits, visits.physlm == 0, "physlm"), "mdvis", (5, 10, 30)),
        "tumours": (*split(tumours, tumours.mean_texture <= tumours.mean_texture.median(), []), "target", (10, 30)),
    }


def draws(target, label, sizes):
    few, rest = [], []
    classes = None if target[label].dtype.kind in "if" else target[label].unique()
    for n in sizes:
        for draw in range(DRAWS):
            random = np.random.RandomState(100 * n + draw)
            order = random.permutation(len(target))
            while classes is not None and target[label].iloc[order[:n]].value_counts().reindex(classes).fillna(0).min() < 2:
                order = random.permutation(len(target))
            for rows, into in ((order[:n], few), (order[n : n + 400], rest)):
                into.append(target.iloc[rows].assign(draw=f"n{n}r{draw}"))
    return pd.concat(few), pd.concat(rest)


def peers(source, few, rest, label):
    columns = [c for c in source if c != label]
    numbers = [c for c in columns if source[c].dtype.kind in "if"]
    encode = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore", sparse_output=False), [c for c in columns if c not in numbers]))
    xs, ys = encode.fit_transform(source[columns]), source[label].to_numpy()
    regression = source[label].dtype.kind in "if"
    ridge = lambda: RidgeCV(np.logspace(-3, 3, 13)) if regression else LogisticRegressionCV(Cs=8, max_iter=2000)
    boosting = lambda: GradientBoostingRegressor(learning_rate=0.08, subsample=0.8, random_state=0) if regression else GradientBoostingClassifier(n_estimators=150, max_depth=2, random_state=0)
    few_classes = lambda: LogisticRegression(C=0.1, max_iter=2000)
    source_linear, source_boosting = ridge().fit(xs, ys), boosting().fit(xs, ys)
    for draw, own in few.groupby("draw"):
        other = rest[rest.draw == draw]
        x, y, z = encode.transform(own[columns]), own[label].to_numpy(), encode.transform(other[columns])
        n = len(own)
        flagged = np.r_[np.c_[xs, np.zeros(len(xs))], np.c_[x, np.ones(n)]]
        weights = np.r_[np.ones(len(xs)), np.full(n, max(1, 0.3 * len(xs) / n))]
        ask = np.c_[z, np.ones(len(z))]
        said = {
            "source, linear": source_linear.predict(z),
            "source, boosting": source_boosting.predict(z),
            "pooled boosting": boosting().fit(flagged, np.r_[ys, y], sample_weight=weights).predict(ask),
            "pooled linear": (ridge() if regression else few_classes()).fit(flagged, np.r_[ys, y], sample_weight=weights).predict(ask),
            "target, linear": (ridge() if regression else few_classes()).fit(x, y).predict(z),
        }
        if regression:
            gp = ConstantKernel(1.0) * RBF(np.sqrt(x.shape[1]), (0.1, 1e3)) + WhiteKernel(0.1, (1e-4, 10))
            said["target, process"] = GaussianProcessRegressor(gp, normalize_y=True, random_state=0).fit(x, y).predict(z)
            for name, model in (("linear", source_linear), ("boosting", source_boosting)):
                a, b = model.predict(x), model.predict(z)
                correction = RidgeCV(np.logspace(-1, 4, 16)).fit(np.c_[x, a], y - a)
                said[f"{name} + ridge of rest"] = b + correction.predict(np.c_[z, b])
        for name, p in said.items():
            yield name, n, np.sqrt(np.mean((p - other[label]) ** 2)) if regression else 100 * np.mean(p != other[label])


def pacnet(*arguments):
    done = subprocess.run([PACNET, *map(str, arguments), "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"pacnet {' '.join(map(str, arguments))}: {done.stderr}")
    return json.loads(done.stdout)


def base_of(place, label):
    base = place / "base"
    if not base.exists():
        task = ["--task", "classification"] if label == "target" else []
        pacnet("train", "--source", place / "source.csv", "--label", label, "--out", base, *task)
        pacnet("prune", "--model", base)
        pacnet("allocate", "--model", base, "--source", place / "source.csv")
    return base


def error(metrics):
    """RMSE, or % wrong."""
    return metrics["labels"][0]["rmse"] if metrics.get("accuracy") is None else 100 * (1 - metrics["accuracy"])


def ours(place, label, methods):
    base = base_of(place, label)
    for method in methods:
        model = place / method
        shutil.rmtree(model, ignore_errors=True)
        shutil.copytree(base, model)
        learnt = ["calibrate", "--model", model, "--target", place / "targets.csv", "--group-by", "draw", "--method", method]
        pacnet(*learnt)
        found = pacnet("evaluate", "--model", model, "--group-by", "draw", "--input", place / "tests.csv")
        for draw, metrics in found["targets"].items():
            n = int(draw[1 : draw.index("r")])
            yield method, n, error(metrics)


def main():
    warnings.simplefilter("ignore")
    folder, methods = pathlib.Path(sys.argv[1]), sys.argv[2:] or ["auto", "pac", "pac-stack", "untouched"]
    for name, (source, target, label, sizes) in tables().items():
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        few, rest = draws(target, label, sizes)
        for file, table in (("source", source), ("targets", few), ("tests", rest)):
            table.to_csv(place / f"{file}.csv", index=False)
        known = [m for m in methods if label != "target" or m not in ("pac-stack", "cokriging", "stack")]
        errors = pd.DataFrame([*ours(place, label, known), *peers(source, few, rest, label)], columns=["method", "n", "error"])
        mean = errors.groupby(["method", "n"], sort=False).error.mean().unstack().round(3)
        print(f"\n{name}: {len(source)} source rows; label {label}\n{mean.to_string()}", flush=True)


if __name__ == "__main__":
    main()
