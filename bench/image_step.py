"""Time of a training step in PyTorch eager with fused Adam: image_step.py DESCRIPTION BATCH THREADS STEPS MEMORY, MEMORY being
contiguous or channels_last. Prints seconds a step. The networks are those of tests/fixtures/make_image_fixtures.py."""

import sys
import time
from pathlib import Path

import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "fixtures"))
sys.dont_write_bytecode = True
from make_image_fixtures import Cnn, ResNet18  # noqa: E402

kind, *settings = sys.argv[1].split()
settings = dict(s.split("=") for s in settings)
batch, threads, steps = map(int, sys.argv[2:5])
memory = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}[sys.argv[5]]
torch.set_num_threads(threads)
torch.manual_seed(1)
channels, height, width = map(int, settings["image"].split(","))
outputs = int(settings["outputs"])
if kind == "cnn":
    module = Cnn(channels, outputs, [int(w) for w in settings["widths"].split(",")])
else:
    module = ResNet18(channels, outputs, int(settings["base"]), max(height, width) <= 40)
module = module.to(memory_format=memory)
x = torch.randn(batch, channels, height, width).to(memory_format=memory)
y = torch.randint(outputs, (batch,))
optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)
for step in range(steps + 1):
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=False)
    functional.cross_entropy(module(x), y).backward()
    optimizer.step()
    if step > 0:
        print(f"{time.perf_counter() - start:.6f}")
