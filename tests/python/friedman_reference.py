"""The Friedman #1 transfer experiment of PAC-Net in plain PyTorch.

An independent program: it shares no code with the library. It serves twice, as the reference for the table of results
and as the competitor for speed, so it is written the way a careful PyTorch user would write it for speed: fused Adam,
one gather per epoch, no host synchronisation inside the loop, masks applied by one foreach multiplication.

Task (Friedman 1991; transfer version of Pardoe & Stone 2010), x ~ U[0,1]^10:

    y = a1*10*sin(pi*(b1*x1+c1)*(b2*x2+c2)) + a2*20*(b3*x3+c3-0.5)^2 + a3*10*(b4*x4+c4) + a4*5*(b5*x5+c5) + N(0,1)

Target: a = b = 1, c = 0. Source: a, b ~ N(1, (0.1 d)^2), c ~ N(0, (0.05 d)^2), drawn anew for every seed.
Training sets are noisy, test sets (10,000 rows) are not. Inputs stay as they are; y is standardised with the mean and
the deviation of the source's training set. Every RMSE is in the unit of y.

Methods, all with the network 10-128-128-128-1 (ReLU) and Adam at 1e-3:

    scratch   a new network trained on the target rows alone
    finetune  the trained source network, all parameters trained on the target rows
    l2sp      the same with l2 * sum((w - w_source)^2) added to the loss, over all parameters
    pac       prune 80% of the source network's weights by magnitude, train the rest on the source again (Allocate), then
              train only the pruned positions on the target rows with l2 * sum(w^2) added to the loss (Calibrate)

Usage:  python friedman_reference.py --seeds 3 --sizes 10,30,100,300 --json out.json
"""

import argparse
import json
import math
import statistics
import time

import torch
from torch import nn

METHODS = ("scratch", "finetune", "l2sp", "pac")
INPUTS = 10
TEST_ROWS = 10_000


def friedman(x, a, b, c):
    """The noise-free response of rows x for the coefficients a [4], b [5], c [5]."""
    z = x[:, :5] * b + c
    return (
        a[0] * 10 * torch.sin(math.pi * z[:, 0] * z[:, 1])
        + a[1] * 20 * (z[:, 2] - 0.5) ** 2
        + a[2] * 10 * z[:, 3]
        + a[3] * 5 * z[:, 4]
    ).unsqueeze(1)


def make_data(seed, distance, source_rows, target_rows):
    """Returns (source_train, source_test, target_train, target_test), each a pair (x, y)."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.ones(4), torch.ones(5), torch.zeros(5)
    source = (
        1 + 0.1 * distance * torch.randn(4, generator=generator),
        1 + 0.1 * distance * torch.randn(5, generator=generator),
        0.05 * distance * torch.randn(5, generator=generator),
    )

    def draw(coefficients, rows, noisy):
        x = torch.rand(rows, INPUTS, generator=generator)
        y = friedman(x, *coefficients)
        return x, y + torch.randn(rows, 1, generator=generator) if noisy else y

    return (
        draw(source, source_rows, True),
        draw(source, TEST_ROWS, False),
        draw(target, target_rows, True),
        draw(target, TEST_ROWS, False),
    )


def make_network(width):
    return nn.Sequential(
        nn.Linear(INPUTS, width), nn.ReLU(),
        nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, 1),
    )


def copy_of(network, width):
    other = make_network(width)
    other.load_state_dict(network.state_dict())
    return other


def prunable(network):
    """The parameters of rank 2 or more: the weights, not the biases."""
    return [p for p in network.parameters() if p.dim() >= 2]


@torch.no_grad()
def prune(network, ratio):
    """Zeroes all but the round((1 - ratio) * N) weights of largest magnitude; returns the masks (1 is kept)."""
    weights = prunable(network)
    magnitudes = torch.cat([w.abs().flatten() for w in weights])
    keep = math.floor((1 - ratio) * magnitudes.numel() + 0.5)
    order = torch.argsort(magnitudes, descending=True, stable=True)  # stable: ties go to the lowest index
    flat = torch.zeros_like(magnitudes)
    flat[order[:keep]] = 1
    masks = [m.view_as(w) for m, w in zip(flat.split([w.numel() for w in weights]), weights)]
    for w, m in zip(weights, masks):
        w.masked_fill_(m == 0, 0.0)
    return masks


def fit(network, x, y, epochs, batch_size, learning_rate, *, keep=None, free=None, l2=0.0, start=None,
        l2_biases=True):
    """Trains with a new Adam.

    keep:  masks over the weights; where 0 the weight is zero after every step (Allocate).
    free:  masks over the weights; only where 1 the weight moves, and no bias moves (Calibrate).
    l2:    adds l2 * sum((p - s)^2) over the trainable parameters (without the biases unless l2_biases); s is the
           parameter in `start`, or 0.
    """
    weights = prunable(network)
    if free is not None:
        parameters = weights
        frozen = [p for p in network.parameters() if p.dim() < 2]
        for p in frozen:
            p.requires_grad_(False)
    else:
        parameters = list(network.parameters())
    pulled = [i for i, p in enumerate(parameters) if l2_biases or p.dim() >= 2]
    pulled_parameters = [parameters[i] for i in pulled]
    pulled_start = None if start is None else [start[i] for i in pulled]
    optimizer = torch.optim.Adam(parameters, lr=learning_rate, fused=True)
    rows = x.shape[0]
    batch_size = min(batch_size, rows)
    loss_of = nn.functional.mse_loss
    for _ in range(epochs):
        if batch_size < rows:
            order = torch.randperm(rows)
            x_batches = x.index_select(0, order).split(batch_size)
            y_batches = y.index_select(0, order).split(batch_size)
        else:  # one batch holds every row: their order changes nothing
            x_batches, y_batches = (x,), (y,)
        for xb, yb in zip(x_batches, y_batches):
            optimizer.zero_grad(set_to_none=True)
            loss_of(network(xb), yb).backward()
            with torch.no_grad():
                if l2 != 0.0:
                    gradients = [p.grad for p in pulled_parameters]
                    torch._foreach_add_(gradients, pulled_parameters, alpha=2 * l2)
                    if start is not None:
                        torch._foreach_add_(gradients, pulled_start, alpha=-2 * l2)
                if free is not None:
                    # A zero gradient keeps a weight exactly where it is: Adam is new and has no weight decay.
                    torch._foreach_mul_([p.grad for p in parameters], free)
                optimizer.step()
                if keep is not None:
                    torch._foreach_mul_(weights, keep)
    if free is not None:
        for p in frozen:
            p.requires_grad_(True)
    return network


@torch.no_grad()
def rmse(network, data, mean, deviation):
    x, y = data
    return torch.sqrt(torch.mean((network(x) * deviation + mean - y) ** 2)).item()


def run_seed(seed, args):
    """One repetition: a list of {method, n, seed, rmse} and the source network's three errors on the source."""
    source_train, source_test, target_train, target_test = make_data(
        seed, args.distance, args.source_rows, max(args.sizes))
    torch.manual_seed(seed)
    xs, ys = source_train
    mean, deviation = ys.mean(), ys.std()
    ys = (ys - mean) / deviation
    errors = {}

    source = None
    if set(args.methods) - {"scratch"}:
        source = fit(make_network(args.width), xs, ys, args.source_epochs, args.batch, args.learning_rate)
        errors["trained"] = rmse(source, source_test, mean, deviation)
    allocated = free = None
    if "pac" in args.methods:
        allocated = copy_of(source, args.width)
        keep = prune(allocated, args.ratio)
        errors["pruned"] = rmse(allocated, source_test, mean, deviation)
        fit(allocated, xs, ys, args.source_epochs, args.batch, args.learning_rate, keep=keep)
        errors["allocated"] = rmse(allocated, source_test, mean, deviation)
        free = [1 - m for m in keep]

    results = []
    for n in args.sizes:
        x = target_train[0][:n].contiguous()
        y = ((target_train[1][:n] - mean) / deviation).contiguous()
        common = (x, y, args.target_epochs, args.batch, args.learning_rate)
        for method in args.methods:
            if method == "scratch":
                network = fit(make_network(args.width), *common)
            elif method == "finetune":
                network = fit(copy_of(source, args.width), *common)
            elif method == "l2sp":
                start = [p.detach().clone() for p in source.parameters()]
                network = fit(copy_of(source, args.width), *common, l2=args.l2, start=start,
                              l2_biases=args.l2sp_over == "all")
            else:
                network = fit(copy_of(allocated, args.width), *common, free=free, l2=args.l2)
            error = rmse(network, target_test, mean, deviation)
            results.append({"method": method, "n": n, "seed": seed, "rmse": error})
    return results, errors


def mean_of(values):
    return statistics.fmean(values)


def deviation_of(values):
    return statistics.stdev(values) if len(values) > 1 else 0.0


def parse(argv=None):
    def integers(text):
        return [int(part) for part in text.split(",")]

    parser = argparse.ArgumentParser(description="Friedman #1 transfer experiment of PAC-Net in plain PyTorch.")
    parser.add_argument("--seeds", type=int, default=10, help="repetitions, with one seed after the other")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--distance", type=float, default=2.0, help="d, how far the source is from the target")
    parser.add_argument("--sizes", type=integers, default=[10, 30, 100, 300], help="target rows, comma-separated")
    parser.add_argument("--methods", type=lambda text: text.split(","), default=list(METHODS))
    parser.add_argument("--source-rows", type=int, default=10_000)
    parser.add_argument("--source-epochs", type=int, default=30, help="for Train, and again for Allocate")
    parser.add_argument("--target-epochs", type=int, default=300)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--ratio", type=float, default=0.8)
    parser.add_argument("--l2", type=float, default=0.01, help="of l2sp and pac")
    parser.add_argument("--l2sp-over", choices=("all", "weights"), default="all",
                        help="which parameters l2sp pulls back to the source's: all, or not the biases")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write results, summary and source errors there")
    args = parser.parse_args(argv)
    unknown = set(args.methods) - set(METHODS)
    if unknown:
        parser.error(f"unknown method: {', '.join(sorted(unknown))}")
    return args


def main():
    args = parse()
    torch.set_num_threads(args.threads)
    begin = time.perf_counter()
    results, errors = [], []
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        of_seed, source_errors = run_seed(seed, args)
        results += of_seed
        errors.append(source_errors)
    seconds = time.perf_counter() - begin

    summary = []
    for method in args.methods:
        for n in args.sizes:
            values = [r["rmse"] for r in results if r["method"] == method and r["n"] == n]
            summary.append({"method": method, "n": n, "mean": mean_of(values), "std": deviation_of(values)})
    source = {key: mean_of([e[key] for e in errors]) for key in errors[0]}
    source_std = {key: deviation_of([e[key] for e in errors]) for key in errors[0]}

    print("RMSE".ljust(10) + "".join(f"n = {n}".rjust(15) for n in args.sizes))
    for method in args.methods:
        cells = [s for s in summary if s["method"] == method]
        print(method.ljust(10) + "".join(f"{s['mean']:.2f} ± {s['std']:.2f}".rjust(15) for s in cells))
    if source:
        print("source:   " + ", ".join(f"{key} {value:.2f} ± {source_std[key]:.2f}" for key, value in source.items()))
    print(f"{seconds:.1f} s, {args.seeds} seeds, {args.threads} threads, {args.source_rows} source rows")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"results": results, "summary": summary, "source": source, "seconds": seconds}, file, indent=1)


if __name__ == "__main__":
    main()
