"""Checks an exported model from outside: loads it with plain PyTorch, predicts, and compares with the CLI's predictions.

    python check_export.py model.safetensors input.csv predictions.csv [more of the three ...]

The tensors must load as they are into the torch.nn.Sequential that the file's metadata describes. Exits with 1 unless every
prediction agrees: |ours - theirs| / max(1, |theirs|) < 1e-5. Needs torch and safetensors.

Metadata (strings): "sizes" "10,128,128,1"; "activation"; "dropout"; "task" "regression" or "classification"; "inputs"
JSON [{"name", "kind": "numeric" | "categorical", "mean", "std", "categories": [...]}]; "labels" JSON
[{"name", "mean", "std"}]; "classes" JSON [...]. A numeric column becomes (value - mean) / std, a categorical one a one-hot
vector in the order of its categories.

predictions.csv has the rows of input.csv in order, with `prediction_<label>` for every label of a regression, or `prediction`
(the class) and `probability_<class>` for every class.
"""

import argparse
import csv
import json
import math
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

LIMIT = 1e-5
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU, "silu": nn.SiLU}


class CheckFailed(Exception):
    """The files do not agree with each other, or not with their description."""


def read_metadata(path):
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
    missing = [key for key in ("sizes", "activation", "dropout", "task", "inputs") if key not in metadata]
    if missing:
        raise CheckFailed(f"metadata lacks {', '.join(missing)}")
    return metadata


def build_network(metadata):
    sizes = [int(part) for part in metadata["sizes"].split(",")]
    dropout = float(metadata["dropout"])
    activation = metadata["activation"].lower()
    if activation not in ACTIVATIONS:
        raise CheckFailed(f"unknown activation {activation}")
    layers = []
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Linear(inputs, outputs))
        if i < len(sizes) - 2:
            layers.append(ACTIVATIONS[activation]())
            if dropout > 0:
                layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers), sizes


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    if not rows:
        raise CheckFailed(f"{path} has no rows")
    if any(None in row or None in row.values() for row in rows):
        raise CheckFailed(f"{path} has rows that are not as long as the header")
    return rows


def encode(rows, inputs):
    """The network's input, [rows, inputs]; standardised in double, as a float32 tensor."""
    encoded = []
    for number, row in enumerate(rows, start=1):
        values = []
        for column in inputs:
            name = column["name"]
            if name not in row:
                raise CheckFailed(f"input lacks column {name}")
            if column["kind"] == "numeric":
                values.append((float(row[name]) - float(column["mean"])) / float(column["std"]))
            elif column["kind"] == "categorical":
                categories = [str(category) for category in column["categories"]]
                if row[name] not in categories:
                    raise CheckFailed(f"row {number}: {name} has the unknown category {row[name]!r}")
                values += [1.0 if category == row[name] else 0.0 for category in categories]
            else:
                raise CheckFailed(f"unknown kind of column: {column['kind']}")
        encoded.append(values)
    return torch.tensor(encoded, dtype=torch.float64).float()


def column_of(rows, name):
    if name not in rows[0]:
        raise CheckFailed(f"predictions lack column {name}")
    return rows[0] and [float(row[name]) for row in rows]


def relative(ours, theirs):
    error = abs(ours - theirs) / max(1.0, abs(theirs))
    return error if math.isfinite(error) else math.inf


def worst_of(ours, theirs):
    return max(relative(a, b) for a, b in zip(ours, theirs, strict=True))


def check_regression(output, predictions, metadata):
    labels = json.loads(metadata["labels"])
    if output.shape[1] != len(labels):
        raise CheckFailed(f"the network has {output.shape[1]} outputs, the metadata {len(labels)} labels")
    worst = 0.0
    for i, label in enumerate(labels):
        ours = output[:, i].double() * float(label["std"]) + float(label["mean"])
        worst = max(worst, worst_of(ours.tolist(), column_of(predictions, f"prediction_{label['name']}")))
    return worst


def check_classification(output, predictions, metadata):
    classes = [str(name) for name in json.loads(metadata["classes"])]
    if output.shape[1] != len(classes):
        raise CheckFailed(f"the network has {output.shape[1]} outputs, the metadata {len(classes)} classes")
    probabilities = torch.softmax(output.double(), dim=1)
    worst = 0.0
    for i, name in enumerate(classes):
        worst = max(worst, worst_of(probabilities[:, i].tolist(), column_of(predictions, f"probability_{name}")))
    if "prediction" not in predictions[0]:
        raise CheckFailed("predictions lack column prediction")
    for number, (row, ours) in enumerate(zip(predictions, probabilities.tolist()), start=1):
        if row["prediction"] not in classes:
            raise CheckFailed(f"row {number}: unknown class {row['prediction']!r}")
        # Of classes that are equally likely within the limit, either may be named.
        if max(ours) - ours[classes.index(row["prediction"])] >= LIMIT:
            raise CheckFailed(f"row {number}: class {row['prediction']}, PyTorch says {classes[ours.index(max(ours))]}")
    return worst


def check(model_path, input_path, predictions_path):
    """The worst relative difference between PyTorch's predictions and the file's."""
    metadata = read_metadata(model_path)
    network, sizes = build_network(metadata)
    network.load_state_dict(load_file(model_path), strict=True)
    network.eval()
    inputs = json.loads(metadata["inputs"])
    rows, predictions = read_csv(input_path), read_csv(predictions_path)
    if len(rows) != len(predictions):
        raise CheckFailed(f"{len(rows)} input rows, {len(predictions)} predictions")
    for number, (row, predicted) in enumerate(zip(rows, predictions), start=1):
        for column in inputs:
            name = column["name"]
            if name in predicted and predicted[name] != row.get(name):
                raise CheckFailed(f"row {number}: predictions repeat {name} as {predicted[name]!r}, not {row.get(name)!r}")
    x = encode(rows, inputs)
    if x.shape[1] != sizes[0]:
        raise CheckFailed(f"{x.shape[1]} encoded columns, {sizes[0]} network inputs")
    with torch.no_grad():
        output = network(x)
    checks = {"regression": check_regression, "classification": check_classification}
    if metadata["task"] not in checks:
        raise CheckFailed(f"unknown task {metadata['task']}")
    return checks[metadata["task"]](output, predictions, metadata), len(rows)


def main():
    parser = argparse.ArgumentParser(description="Compares exported models' predictions with PyTorch's.")
    parser.add_argument("files", nargs="+", help="of each model: its .safetensors, the CSV predicted from, the CSV that the CLI wrote")
    files = parser.parse_args().files
    if len(files) % 3:
        parser.error("three files a model")
    failed = False
    for model, table, predictions in zip(*[iter(files)] * 3):
        try:
            worst, rows = check(model, table, predictions)
        except CheckFailed as problem:
            failed = True
            print(f"FAILED: {model}: {problem}")
            continue
        passed = worst < LIMIT
        failed |= not passed
        print(f"{'ok' if passed else 'FAILED'}: {model}: largest relative difference {worst:.3e} over {rows} rows (limit {LIMIT:.0e})")
    sys.exit(failed)


if __name__ == "__main__":
    main()
