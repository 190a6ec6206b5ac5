#!/usr/bin/env bash
# Writes the cells behind docs/results.md into a folder: half an hour on two cores; --quick is for a look. Ended at
# any moment, it goes on where it was.
#
#   bench/results.sh [--quick] FOLDER
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seeds=10 sizes=5,10,30,100,300 images=2,5,20 distances="1 2 4" known=5,10,30,100
if [[ ${1:-} == --quick ]]; then
  shift
  seeds=2 sizes=10,30 images=5 distances=2 known=10,30
fi
out=${1:?name a folder}
mkdir -p "$out"
methods=scratch,finetune,l2sp,taps,pac,pac-stack,untouched,affine,ridge-residual,gp-residual,gp
for d in $distances; do
  ./pacnet experiment friedman --distance "$d" --seeds $seeds --targets $sizes --methods $methods --tune \
    --out "$out/friedman-$d.csv" | tee "$out/friedman-$d.txt"
  ./pacnet experiment friedman --distance "$d" --seeds $seeds --targets $sizes --methods scratch,finetune,l2sp,pac --paper \
    --out "$out/friedman-$d-paper.csv" | tee "$out/friedman-$d-paper.txt"
done
every=stack,cokriging,pooled-linear,trees,pac,finetune,untouched,affine,ridge-residual,gp-residual,gp
for d in $distances; do
  ./pacnet experiment friedman --distance "$d" --seeds $seeds --targets $sizes --methods $every \
    --out "$out/friedman-$d-default.csv" | tee "$out/friedman-$d-default.txt"
done
for problem in rough wide levels; do
  ./pacnet experiment $problem --seeds $seeds --targets $sizes --methods $every \
    --out "$out/$problem-default.csv" | tee "$out/$problem-default.txt"
done
# On seeds that nothing of these methods was chosen by.
for problem in family regions; do
  ./pacnet experiment $problem --first-seed 10 --seeds $seeds --targets "$known" --methods untouched,pac,stack,merge,metavote,hub,teachers \
    --out "$out/$problem.csv" | tee "$out/$problem.txt"
done
./pacnet experiment shapes --seeds $((seeds / 2)) --targets $images \
  --methods scratch,finetune,finetune-head,l2sp,bss,stochnorm,cotuning,lwf,taps,pac,pac-ensemble \
  --out "$out/shapes.csv" | tee "$out/shapes.txt"
for problem in pendulum lotka-volterra duffing spring-mass heat burgers allen-cahn wave; do
  ./pacnet experiment $problem --seeds $seeds --methods scratch,finetune,finetune-head,l2sp,taps,pac,pac-ensemble,pac-nolambda,untouched \
    --out "$out/$problem.csv" | tee "$out/$problem.txt"
done
