"""Training steps in PyTorch on a GPU, three ways: gpu_peers.py CASE..., a case being "DESCRIPTION|BATCH|fp32|tf32|bf16[|compile]", the
description of a perceptron (as in pacnet.h) or of resnet18. Prints "CASE <tab> WAY <tab> microseconds", a line each; the ways: "eager",
"graph" and, where the case asks for it, "compiled". All use fused Adam and one batch that is on
the GPU already: nothing is shuffled or gathered, which pacnet does. compiled is
torch.compile(mode="reduce-overhead"), graph a whole step captured by hand."""

import statistics
import sys
import time

import torch
from torch import nn

if not torch.cuda.is_available():
    sys.exit("gpu_peers: PyTorch finds no GPU")
gpu = torch.device("cuda")
ROUNDS = 10


class Block(nn.Module):
    """torchvision's BasicBlock."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.downsample = nn.Identity()
        if stride != 1 or i != o:
            self.downsample = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.downsample(x))


def run(case):
    description, batch, precision, *compiles = case.split("|")
    kind, *settings = description.split()
    settings = dict(s.split("=") for s in settings)
    batch = int(batch)
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    steps = 100 if kind == "mlp" else 10

    def make():
        if kind == "mlp":
            sizes = [int(s) for s in settings["sizes"].split(",")]
            activation = {"relu": nn.ReLU, "silu": nn.SiLU, "tanh": nn.Tanh}[settings.get("activation", "relu")]
            layers = []
            for i, o in zip(sizes, sizes[1:]):
                layers += [nn.Linear(i, o), activation()]
            return nn.Sequential(*layers[:-1]).to(gpu)
        channels = int(settings["image"].split(",")[0])
        base, blocks, i = 64, [], 64
        for stage in range(4):
            for b in range(2):
                blocks.append(Block(i, base << stage, 2 if stage > 0 and b == 0 else 1))
                i = base << stage
        return nn.Sequential(nn.Conv2d(channels, base, 7, 2, 3, bias=False), nn.BatchNorm2d(base), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
                             *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(i, int(settings["outputs"]))
                             ).to(gpu, memory_format=torch.channels_last)

    if kind == "mlp":
        sizes = [int(s) for s in settings["sizes"].split(",")]
        x, y = torch.randn(batch, sizes[0], device=gpu), torch.randn(batch, sizes[-1], device=gpu)
        criterion = nn.functional.mse_loss
    else:
        shape = [int(s) for s in settings["image"].split(",")]
        x = torch.randn(batch, *shape, device=gpu).to(memory_format=torch.channels_last)
        y = torch.randint(int(settings["outputs"]), (batch,), device=gpu)
        criterion = nn.functional.cross_entropy

    def loss_of(module):
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            return criterion(module(x).float(), y)

    def measure(step):
        for _ in range(20):
            step()
        times = []
        for _ in range(ROUNDS):
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(steps):
                step()
            torch.cuda.synchronize()
            times.append((time.perf_counter() - start) / steps * 1e6)
        return statistics.median(times)

    def eager():
        module = make()
        optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)

        def step():
            optimizer.zero_grad(set_to_none=True)
            loss_of(module).backward()
            optimizer.step()

        return step

    def compiled():
        module = make()
        optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)
        loss = torch.compile(lambda: loss_of(module), mode="reduce-overhead")

        def step():
            optimizer.zero_grad(set_to_none=True)
            torch.compiler.cudagraph_mark_step_begin()
            loss().backward()
            optimizer.step()

        return step

    def graph():
        module = make()
        optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True, capturable=True)

        def step():
            optimizer.zero_grad(set_to_none=True)
            loss_of(module).backward()
            optimizer.step()

        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(side)
        captured = torch.cuda.CUDAGraph()
        optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(captured):
            step()
        return captured.replay

    for name, way in (("eager", eager), ("graph", graph), *((("compiled", compiled),) if compiles else ())):
        try:
            print(f"{case}\t{name}\t{measure(way()):.2f}", flush=True)
        except Exception as e:  # no compiler on the machine, say: the others still count
            print(f"{case}\t{name}\tnan", flush=True)
            print(f"gpu_peers: {case}: {name}: {str(e).splitlines()[0]}", file=sys.stderr)


for case in sys.argv[1:]:
    run(case)
