#!/usr/bin/env bash
# Training steps of networks of differential equations, ours and PyTorch's in turn on the same LibTorch, medians in
# milliseconds. Needs python3 with torch of the version that the core is built with. bench/equations.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-3}
source bench/steps.sh
printf '%-64s %7s %8s %8s %6s\n' network threads pacnet pytorch ratio
while IFS='|' read -r description batch steps; do
  for threads in 1 2; do
    rm -f "$scratch"/*
    for ((round = 0; round < rounds; round++)); do
      "$build/network_step" "$description" "$batch" "$threads" "$steps" >>"$scratch/ours"
      python3 bench/equation_step.py "$description" "$batch" "$threads" "$steps" >>"$scratch/theirs"
    done
    ours=$(median "$scratch/ours" 2) theirs=$(median "$scratch/theirs" 2)
    printf '%-64s %7s %8s %8s %6s\n' "$description, batch $batch" "$threads" "$ours" "$theirs" \
      "$(awk -v o="$ours" -v t="$theirs" 'BEGIN { printf "%.2f", t / o }')"
  done
done <<'CASES'
ode states=2 steps=50 hidden=64,64|32|30
ode states=2 steps=20 hidden=64,64|32|30
ode states=4 steps=50 hidden=128,128|128|20
latent states=5 actions=1 steps=5 latent=32 hidden=128,128|128|100
latent states=5 actions=1 steps=5 latent=32 hidden=128,128|32|200
pinn equation=burgers hidden=64,64,64,64|2000|30
pinn equation=wave hidden=64,64,64,64|2000|30
pinn equation=burgers hidden=64,64,64,64|256|50
CASES
