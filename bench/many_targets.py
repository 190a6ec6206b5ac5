"""Many targets of 10 to 100 rows one after another in PyTorch eager, PAC's Calibrate as one would write it: masked gradients, an L2
pull, 300 steps of Adam each with a cosine rate: many_targets.py TARGETS WIDTH THREADS [foreach|fused]. Prints milliseconds in all. The sizes are those of
ManyTargetsBenchmark."""

import math
import sys
import time

import torch
from torch import nn

targets, width, threads = map(int, sys.argv[1:4])
way = sys.argv[4] if len(sys.argv) > 4 else "fused"
torch.set_num_threads(threads)
torch.manual_seed(1)


def make():
    return nn.Sequential(nn.Linear(10, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1))


base = make()
masks = [torch.rand_like(p) < 0.2 if p.dim() == 2 else torch.ones_like(p, dtype=torch.bool) for p in base.parameters()]
free = [(~m).float() for m in masks]
with torch.no_grad():
    for p, m in zip(base.parameters(), masks):
        p.mul_(m)
data = [(torch.rand(10 + 37 * t % 91, 10), torch.randn(10 + 37 * t % 91, 1)) for t in range(targets)]


def calibrate(x, y):
    module = make()
    module.load_state_dict(base.state_dict())
    parameters = [p for p in module.parameters() if p.dim() == 2]
    for p in module.parameters():
        p.requires_grad_(p.dim() == 2)
    pruned = [f for p, f in zip(module.parameters(), free) if p.dim() == 2]
    optimizer = torch.optim.Adam(parameters, lr=0.003, **{way: True})
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: 0.5 * (1 + math.cos(math.pi * s / 300)))
    for _ in range(300):
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.mse_loss(module(x), y)
        loss.backward()
        for p, f in zip(parameters, pruned):
            p.grad.add_(p.detach(), alpha=0.02).mul_(f)
        optimizer.step()
        schedule.step()
    return module


calibrate(*data[0])
start = time.perf_counter()
for x, y in data:
    calibrate(x, y)
print(f"{(time.perf_counter() - start) * 1e3:.0f}")
