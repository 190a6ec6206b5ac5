#!/usr/bin/env bash
# Draws the pictures of reports in docs/pictures: the demo's, and that of a short experiment, as Chromium shows them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
./pacnet demo --out "$scratch" >/dev/null
./pacnet experiment friedman --methods scratch,finetune,l2sp,pac,pac-stack --report "$scratch/experiment.html" >/dev/null
# draw PAGE PICTURE THEME: 0 is dark, 1 light.
draw() {
  timeout 60 chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --blink-settings=preferredColorScheme="$3" \
    --window-size=900,600 --screenshot="docs/pictures/$2.png" "file://$scratch/$1.html" 2>/dev/null
}
draw report report-transfer 1
draw experiment report-experiment 0
