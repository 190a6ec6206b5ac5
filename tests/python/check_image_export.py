"""Loads exported weights into PyTorch's module of the same network, strictly, and compares its predictions.

check_image_export.py WEIGHTS.safetensors IMAGES-idx3-ubyte PREDICTIONS.csv [more of the three ...]
"""

import csv
import json
import struct
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "fixtures"))
sys.dont_write_bytecode = True
from make_image_fixtures import Cnn, ResNet18  # noqa: E402

for weights, images, predictions in zip(*[iter(sys.argv[1:])] * 3, strict=True):
    with safe_open(weights, "pt") as file:
        metadata = file.metadata()
    channels, height, width = map(int, metadata["image"].split(","))
    outputs = int(metadata["outputs"])
    if metadata["network"] == "cnn":
        module = Cnn(channels, outputs, [int(w) for w in metadata["widths"].split(",")])
    else:
        module = ResNet18(channels, outputs, int(metadata["base"]), max(height, width) <= 40)
    module.load_state_dict(load_file(weights), strict=True)
    module.eval()

    raw = Path(images).read_bytes()
    _, count, rows, columns = struct.unpack(">IIII", raw[:16])
    x = torch.frombuffer(bytearray(raw[16:]), dtype=torch.uint8).view(count, 1, rows, columns).float() / 255
    form = json.loads(metadata["standardisation"])
    x = (x - form["mean"][0]) / form["std"][0]
    with torch.no_grad():
        expected = torch.softmax(module(x), 1)
    classes = json.loads(metadata["classes"])
    with open(predictions, encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == count, (len(lines), count)
    worst = 0.0
    for line, p in zip(lines, expected):
        for name, value in zip(classes, p.tolist()):
            worst = max(worst, abs(float(line["probability_" + name]) - value))
    assert worst < 1e-4, worst
    print(f"ok: {count} images, largest difference {worst:.1e}")
