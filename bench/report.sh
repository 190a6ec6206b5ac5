#!/usr/bin/env bash
# Seconds, megabytes held at most and size of the page of a large experiment: 20 methods, 8 sizes, 30 seeds. The experiment itself, on a network
# that is much too small, takes a few minutes. bench/report.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-5}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
methods=scratch,finetune,finetune-head,finetune-last,l2,l2sp,delta,bss,taps,pac,pac-ensemble,pac-nolambda,pac-noallocate,pac-random,pac-layerwise,pac-nozero,pac-all,untouched,affine,ridge-residual
./pacnet experiment friedman --seeds 30 --targets 5,10,20,40,80,160,320,640 --methods $methods --hidden 8 --source-epochs 1 --target-epochs 1 \
  --json >"$scratch/results.json"
for ((round = 0; round < rounds; round++)); do
  python3 - "$scratch" <<'PYTHON'
import os, resource, subprocess, sys, time
folder = sys.argv[1]
begun = time.monotonic()
subprocess.run(["./pacnet", "report", "--results", folder + "/results.json", "--out", folder + "/page.html"], check=True, stdout=subprocess.DEVNULL)
seconds = time.monotonic() - begun
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
print(f"{seconds:.2f} s, {peak:.0f} MB, page of {os.path.getsize(folder + '/page.html') / 1e6:.2f} MB")
PYTHON
done
