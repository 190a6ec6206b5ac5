"""Time of a training step in PyTorch eager with fused Adam: equation_step.py DESCRIPTION BATCH THREADS STEPS, the description
being of a network `ode`, `latent` or `pinn`. Prints seconds a step. The arithmetic is that of tests/fixtures."""

import sys
import time

import torch
from torch import nn

kind, *settings = sys.argv[1].split()
settings = dict(s.split("=") for s in settings)
batch, threads, steps = map(int, sys.argv[2:5])
torch.set_num_threads(threads)
torch.manual_seed(1)
hidden = [int(w) for w in settings["hidden"].split(",")]


def perceptron(inputs, outputs, activation=nn.Tanh):
    layers = []
    for i, o in zip([inputs, *hidden], hidden):
        layers += [nn.Linear(i, o), activation()]
    return nn.Sequential(*layers, nn.Linear(hidden[-1], outputs))


if kind == "ode":
    states, times = int(settings["states"]), int(settings["steps"])
    module = perceptron(states, states)
    first, truth, h = torch.randn(batch, states), torch.randn(batch, times, states), torch.full((batch, 1), 0.1)

    def loss():
        z, path = first, []
        for _ in range(times):
            k1 = module(z)
            k2 = module(z + h / 2 * k1)
            k3 = module(z + h / 2 * k2)
            k4 = module(z + h * k3)
            z = z + h / 6 * (k1 + 2 * (k2 + k3) + k4)
            path.append(z)
        return nn.functional.mse_loss(torch.stack(path, 1), truth)

elif kind == "latent":
    states, actions, times, latent = (int(settings[name]) for name in ("states", "actions", "steps", "latent"))
    encoder, follower = perceptron(states, latent, nn.SiLU), perceptron(states, latent, nn.SiLU).requires_grad_(False)
    step_of, head = perceptron(latent + 1 + actions, latent, nn.SiLU), perceptron(latent, states, nn.SiLU)
    module = nn.ModuleList([encoder, step_of, head])
    first, truth = torch.randn(batch, states), torch.randn(batch, times, states)
    done = torch.randn(batch, times, 1 + actions)
    discounts = torch.tensor([0.9**k for k in range(times)])
    discounts = discounts / discounts.sum()

    def loss():
        with torch.no_grad():
            torch._foreach_lerp_(list(follower.parameters()), list(encoder.parameters()), 0.005)
            followed = follower(truth)
        z, latents = encoder(first), []
        for k in range(times):
            z = z + step_of(torch.cat([z, done[:, k]], 1))
            latents.append(z)
        path = torch.stack(latents, 1)
        off = (head(path) - truth).square().mean((0, 2)) + (1 - nn.functional.cosine_similarity(path, followed, 2)).mean(0)
        return (off * discounts).sum()

else:
    module = perceptron(2, 1)
    x, t = torch.rand(batch, 1, requires_grad=True), torch.rand(batch, 1, requires_grad=True)

    def loss():
        u = module(torch.cat([x, 2 * t - 1], 1))
        u_x, u_t = torch.autograd.grad(u.sum(), (x, t), create_graph=True)
        (u_xx,) = torch.autograd.grad(u_x.sum(), x, create_graph=True)
        if settings["equation"] == "burgers":
            return (u_t + u * u_x - 0.05 * u_xx).square().mean()
        (u_tt,) = torch.autograd.grad(u_t.sum(), t, create_graph=True)
        return (u_tt - 0.05**2 * u_xx).square().mean()


parameters = list(module.parameters())
optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)
for step in range(steps + 1):
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    # Of the parameters alone: not of x and t. A derivative does not know of the last bias.
    for p, g in zip(parameters, torch.autograd.grad(loss(), parameters, allow_unused=True)):
        p.grad = g
    optimizer.step()
    if step > 0:
        print(f"{time.perf_counter() - start:.6f}")
