"""Time of PAC's training step of a perceptron in PyTorch: mlp_step.py WIDTH BATCH THREADS STEPS foreach|fused|compile. Prints seconds of each step.
A mask on the gradients and an L2 pull, as Calibrate has them; compile is torch.compile of forward and loss, with fused Adam."""

import sys
import time

import torch
from torch import nn

width, batch, threads, steps = map(int, sys.argv[1:5])
way = sys.argv[5]
torch.set_num_threads(threads)
torch.manual_seed(1)
module = nn.Sequential(nn.Linear(10, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1))
for p in module.parameters():
    p.requires_grad_(p.dim() == 2)
parameters = [p for p in module.parameters() if p.dim() == 2]
pruned = [(torch.rand_like(p) < 0.8).float() for p in parameters]
x, y = torch.randn(batch, 10), torch.randn(batch, 1)
optimizer = torch.optim.Adam(parameters, lr=1e-3, **{"foreach" if way == "foreach" else "fused": True})


def loss():
    return nn.functional.mse_loss(module(x), y)


if way == "compile":
    loss = torch.compile(loss)
for step in range(-20, steps):
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    loss().backward()
    for p, f in zip(parameters, pruned):
        p.grad.add_(p.detach(), alpha=0.02).mul_(f)
    optimizer.step()
    if step >= 0:
        print(f"{time.perf_counter() - start:.9f}")
