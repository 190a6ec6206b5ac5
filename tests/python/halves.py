"""Weights in halves, as PyTorch has them.

halves.py all FILE                    every number of float16 and bfloat16, and the same as float32
halves.py of WEIGHTS TYPE HALF WIDE   some weights rounded to a type, and those as float32
"""

import sys

import torch
from safetensors.torch import load_file, save_file

if sys.argv[1] == "all":
    bits = torch.arange(-32768, 32768).to(torch.int16)
    halves = {"f16": bits.view(torch.float16).clone(), "bf16": bits.view(torch.bfloat16).clone()}
    save_file(halves | {f"{name}.wide": values.float() for name, values in halves.items()}, sys.argv[2])
else:
    weights = {name: values.to(getattr(torch, sys.argv[3])) for name, values in load_file(sys.argv[2]).items()}
    save_file(weights, sys.argv[4])
    save_file({name: values.float() for name, values in weights.items()}, sys.argv[5])
