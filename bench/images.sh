#!/usr/bin/env bash
# Training steps of networks on images, ours and PyTorch's in turn on the same LibTorch, medians in milliseconds.
# Needs python3 with torch of the version that the core is built with. bench/images.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-3}
source bench/steps.sh
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-1000}
printf '%-58s %7s %8s %10s %13s %6s\n' network threads pacnet contiguous channels_last ratio
while IFS='|' read -r description batch steps; do
  for threads in 1 2; do
    rm -f "$scratch"/*
    for ((round = 0; round < rounds; round++)); do
      "$build/network_step" "$description" "$batch" "$threads" "$steps" >>"$scratch/ours"
      for memory in contiguous channels_last; do
        python3 bench/image_step.py "$description" "$batch" "$threads" "$steps" "$memory" >>"$scratch/$memory"
      done
    done
    ours=$(median "$scratch/ours" 1) plain=$(median "$scratch/contiguous" 1) last=$(median "$scratch/channels_last" 1)
    printf '%-58s %7s %8s %10s %13s %6s\n' "$description, batch $batch" "$threads" "$ours" "$plain" "$last" \
      "$(awk -v o="$ours" -v a="$plain" -v b="$last" 'BEGIN { printf "%.2f", (a < b ? a : b) / o }')"
  done
done <<'CASES'
resnet18 image=3,64,64 outputs=10 base=64|64|3
cnn image=3,32,32 outputs=10 widths=16,32,64|64|20
CASES
