"""Real transfer tasks of tables that ship inside Python wheels, what an engineer would write in scikit-learn, and pacnet's methods.

pip install pandas scikit-learn vega-datasets statsmodels; python3 bench/real.py FOLDER [--more|--large] [METHOD...]   (methods: auto pac pac-stack untouched)
--more: other tables, many of them small, steep or far from their source. --large: up to 6,000 rows of the target, two draws.
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
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, RidgeCV
from sklearn.preprocessing import OneHotEncoder, StandardScaler

PACNET = str(pathlib.Path(__file__).resolve().parent.parent / "pacnet")


def of_statsmodels(name, **how):
    return pd.read_csv(pathlib.Path(statsmodels.__file__).parent / f"datasets/{name}/{name}.csv", **how)


def split(table, source, columns=None):
    table = table.drop(columns=columns or [])
    return table[source], table[~source]


def all_tumours():
    tumours = load_breast_cancer(as_frame=True).frame
    tumours.columns = [c.replace(" ", "_") for c in tumours.columns]
    tumours["target"] = np.where(tumours["target"] == 1, "benign", "malignant")
    return tumours


def all_patients():
    return load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progress"})


def all_wine():
    return load_wine(as_frame=True).frame.rename(columns=lambda c: c.replace("/", "_"))


def both_towns():
    vega = pathlib.Path(vega_datasets.__file__).parent / "_data"
    towns = [pd.read_csv(vega / f"{town}-temps.csv", parse_dates=["date"]) for town in ("seattle", "sf")]
    return [t.assign(month=t.date.dt.month, hour=t.date.dt.hour).drop(columns="date") for t in towns]


def tables():
    """name: source, target, label, numbers of target rows"""
    vega = pathlib.Path(vega_datasets.__file__).parent / "_data"
    cars = pd.read_json(vega / "cars.json").dropna(subset=["Miles_per_Gallon"]).drop(columns=["Name"])
    cars["Year"] = pd.to_datetime(cars["Year"]).dt.year
    cars["Horsepower"] = cars["Horsepower"].fillna(cars["Horsepower"].mean())
    barley = pd.read_json(vega / "barley.json")
    firms = of_statsmodels("grunfeld")
    tumours = all_tumours()
    japan = cars[cars.Origin != "Europe"]
    weather = pd.read_csv(vega / "seattle-weather.csv", parse_dates=["date"])
    weather = weather.assign(month=weather.date.dt.month, year=weather.date.dt.year).drop(columns="date")
    towns = both_towns()
    patients = all_patients()
    wine = all_wine()
    schools = of_statsmodels("star98").filter(regex="^[^_]*$")
    visits = of_statsmodels("randhie").sample(4000, random_state=0)
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


def more_tables():
    """the same, of what else is there; classes are called target"""
    vega = pathlib.Path(vega_datasets.__file__).parent / "_data"
    as_classes = lambda table, column, which, names: table.assign(target=np.where(which(table[column]), *names)).drop(columns=column)
    engel, elnino, macro, cancer, ccard = (of_statsmodels(name) for name in ("engel", "elnino", "macrodata", "cancer", "ccard"))
    fair = of_statsmodels("fair")
    affairs = fair.sample(3000, random_state=0)
    logs = affairs.assign(affairs=np.log1p(affairs.affairs))
    unfaithful = as_classes(affairs, "affairs", lambda hours: hours > 0, ("yes", "no"))
    younger = as_classes(fair.sample(3000, random_state=1), "affairs", lambda hours: hours > 0, ("yes", "no"))
    crime = of_statsmodels("statecrime").drop(columns="state")
    iris = pd.read_json(vega / "iris.json")
    stocks = pd.read_csv(vega / "stocks.csv")
    month = pd.to_datetime(stocks.date, format="mixed").dt
    stocks = stocks.assign(t=month.year + (month.month - 1) / 12).pivot_table(index="t", columns="symbol", values="price").dropna().reset_index()
    jobs = pd.read_csv(vega / "us-employment.csv")
    month = pd.to_datetime(jobs.month).dt
    jobs = jobs.select_dtypes("number").iloc[:, :9].assign(t=month.year + (month.month - 1) / 12)
    cars = pd.read_json(vega / "cars.json").dropna(subset=["Horsepower"]).drop(columns=["Name"])
    cars["Year"] = pd.to_datetime(cars["Year"]).dt.year
    made = cars.dropna(subset=["Miles_per_Gallon"]).rename(columns={"Origin": "target"})
    cars = cars.drop(columns="Miles_per_Gallon")
    patients = all_patients()
    sugar = as_classes(patients, "progress", lambda p: p > p.median(), ("high", "low"))
    activity = of_statsmodels("sunspots").SUNACTIVITY
    spots = pd.DataFrame({"now": activity, **{f"before{k}": activity.shift(k) for k in range(1, 10)}}).dropna().reset_index(drop=True)
    voters = of_statsmodels("anes96", sep="\t")
    voters.columns = [c.strip(" '") for c in voters.columns]
    voters = as_classes(voters, "vote", lambda vote: vote == 1, ("dole", "clinton"))
    weather = pd.read_csv(vega / "seattle-weather.csv", parse_dates=["date"])
    weather = weather.assign(month=weather.date.dt.month).drop(columns=["date", "weather"])
    rain = as_classes(weather, "precipitation", lambda fallen: fallen > 0, ("wet", "dry"))
    tumours = all_tumours()
    wine = all_wine()
    wine["target"] = wine.target.map({0: "a", 1: "b", 2: "c"})
    visits = as_classes(of_statsmodels("randhie").sample(3000, random_state=2), "mdvis", lambda visits: visits > 2, ("many", "few"))
    numbers, classes = (5, 10, 30), (10, 30)
    return {
        "engel": (*split(engel, engel.income <= engel.income.median()), "foodexp", numbers),
        "affairs": (*split(logs, logs.religious <= 3), "affairs", numbers),
        "el nino": (*split(elnino, elnino.YEAR < 1985), "DEC", (5, 10)),
        "inflation": (*split(macro, macro.year < 1985), "infl", numbers),
        "iris": (*split(iris, iris.species != "virginica", ["species"]), "petalWidth", numbers),
        "stocks": (*split(stocks, stocks.t < 2007), "GOOG", (5, 10)),
        "employment": (*split(jobs, jobs.t < 2011), "nonfarm", numbers),
        "crime": (*split(crime, crime.urban <= crime.urban.median()), "violent", (5, 10)),
        "cancer": (*split(cancer, cancer.population <= cancer.population.median()), "cancer", numbers),
        "acceleration": (*split(cars, cars.Cylinders != 8), "Acceleration", numbers),
        "power": (*split(cars, cars.Origin == "USA", ["Origin"]), "Horsepower", numbers),
        "age": (*split(patients, patients.age <= 50), "progress", numbers),
        "sunspots": (*split(spots, spots.index < 200), "now", numbers),
        "credit": (*split(ccard, ccard.OWNRENT == 0), "AVGEXP", (5, 10)),
        "vote": (*split(voters, voters.educ <= 4), "target", classes),
        "faithful": (*split(unfaithful, unfaithful.religious <= 3), "target", classes),
        "older couples": (*split(younger, younger.age <= 35), "target", classes),
        "rain": (*split(rain, ~rain.month.between(5, 9)), "target", classes),
        "smooth tumours": (*split(tumours, tumours.mean_smoothness <= tumours.mean_smoothness.median()), "target", classes),
        "sugar by sex": (*split(sugar, sugar.sex == 1, ["sex"]), "target", classes),
        "sugar by age": (*split(sugar, sugar.age <= 50), "target", classes),
        "origin": (*split(made, made.Year <= 1976), "target", classes),
        "wines by ash": (*split(wine, wine.ash <= wine.ash.median()), "target", classes),
        "many visits": (*split(visits, visits.physlm == 0, ["physlm"]), "target", classes),
    }


def large_tables():
    """the same, with many rows of the target"""
    towns = both_towns()
    warmth = [t.assign(target=pd.cut(t.temp, [-99, 48, 53, 60, 199], labels=list("abcd")).astype(str)).drop(columns="temp") for t in towns]
    visits, fair = of_statsmodels("randhie"), of_statsmodels("fair")
    visits["mdvis"], fair["affairs"] = np.log1p(visits["mdvis"]), np.log1p(fair["affairs"])
    digits, random = load_digits(), np.random.default_rng(0)
    order = random.permutation(len(digits.images))
    first, second = order[:900], order[900:]
    table = lambda images, which: pd.DataFrame(images.reshape(-1, 64), columns=[f"p{i}" for i in range(64)]).assign(target=[f"d{d}" for d in digits.target[which]])
    upright = table(digits.images[first], first)
    shifted = np.roll(digits.images[second], 1, axis=2) * 0.7 + random.normal(0, 1.5, (len(second), 8, 8))
    numbers, classes = (100, 300, 1000, 1200, 2000), (30, 100, 300, 600)
    return {
        "towns": (*towns, "temp", (*numbers, 3000, 6000)),
        "visits": (*split(visits, visits.physlm == 0, "physlm"), "mdvis", numbers),
        "affairs": (*split(fair, fair.religious <= 2), "affairs", numbers),
        "towns by warmth": (*warmth, "target", classes),
        "digits turned": (upright, table(digits.images[second].transpose(0, 2, 1), second), "target", classes),
        "digits shifted": (upright, table(shifted, second), "target", classes),
    }


def draws(target, label, sizes, count=5):
    few, rest = [], []
    classes = None if target[label].dtype.kind in "if" else target[label].unique()
    for n in sizes:
        for draw in range(count):
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
        if regression and n <= 30:
            gp = ConstantKernel(1.0) * RBF(np.sqrt(x.shape[1]), (0.1, 1e3)) + WhiteKernel(0.1, (1e-4, 10))
            said["target, process"] = GaussianProcessRegressor(gp, normalize_y=True, random_state=0).fit(x, y).predict(z)
        if regression:
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
    which = next((a for a in sys.argv if a in ("--more", "--large")), None)
    folder, *methods = [a for a in sys.argv[1:] if a != which]
    folder = pathlib.Path(folder)
    methods = methods or ["auto", "pac", "pac-stack", "untouched"]
    for name, (source, target, label, sizes) in {None: tables, "--more": more_tables, "--large": large_tables}[which]().items():
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        few, rest = draws(target, label, sizes, 2 if which == "--large" else 5)
        for file, table in (("source", source), ("targets", few), ("tests", rest)):
            table.to_csv(place / f"{file}.csv", index=False)
        known = [m for m in methods if label != "target" or m not in ("pac-stack", "cokriging", "cokriging-bma", "stack")]
        errors = pd.DataFrame([*ours(place, label, known), *peers(source, few, rest, label)], columns=["method", "n", "error"])
        mean = errors.groupby(["method", "n"], sort=False).error.mean().unstack().round(3)
        print(f"\n{name}: {len(source)} source rows; label {label}\n{mean.to_string()}", flush=True)


if __name__ == "__main__":
    main()
