#!/usr/bin/env bash
# Time and memory of the command line against rows, columns, levels of a category, and groups: a table a kind. Every size is ten times
# (or about) the one before, so that what grows faster than its size shows. bench/sizes.sh [rows|columns|levels|groups ...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
./pacnet --version >/dev/null

# table ROWS COLUMNS LEVELS GROUPS: x1.., one text column of so many levels (0: none), one group column (0: none), y
table() {
  python3 - "$@" <<'P'
import random, sys
rows, columns, levels, groups = map(int, sys.argv[1:])
random.seed(1)
names = [f"x{i}" for i in range(columns)] + (["level"] if levels else []) + (["tool"] if groups else []) + ["y"]
out = [",".join(names)]
for r in range(rows):
    x = [random.random() for _ in range(columns)]
    row = [f"{v:.4f}" for v in x] + ([f"level{r % levels}"] if levels else []) + ([f"tool{r % groups}"] if groups else [])
    out.append(",".join(row + [f"{x[0] + x[-1] ** 2:.4f}"]))
print("\n".join(out))
P
}

# measure WORDS...: seconds and MiB of a command
measure() {
  if ! /usr/bin/time -f '%e %M' -o "$scratch/time" ./pacnet "$@" >"$scratch/out" 2>&1; then
    tail -n 2 "$scratch/out" >&2
    return 1
  fi
  awk 'END { printf "%8.1f s %7.0f MiB", $1, $2 / 1024 }' "$scratch/time"
}

line() {
  printf '%-12s' "$1"
  shift
  measure "$@"
  printf '\n'
}

quick=(--label y --hidden 8 --source-epochs 1 --batch-size 1024 --out "$scratch/model" --overwrite)
kinds=("$@")
((${#kinds[@]})) || kinds=(rows columns levels groups)
for kind in "${kinds[@]}"; do
  printf '\n%s\n' "$kind"
  case $kind in
    rows)
      for n in 10000 100000 1000000; do
        table "$n" 10 0 0 >"$scratch/t.csv"
        line "$n" train --source "$scratch/t.csv" "${quick[@]}"
      done
      ;;
    columns)
      for n in 50 500 5000 50000; do
        table 20 "$n" 0 0 >"$scratch/t.csv"
        line "$n" train --source "$scratch/t.csv" "${quick[@]}"
      done
      ;;
    levels)
      for n in 10 100 1000 5000; do
        table 20000 2 "$n" 0 >"$scratch/t.csv"
        line "$n" train --source "$scratch/t.csv" "${quick[@]}" --categorical level
      done
      ;;
    groups)
      table 1000 3 0 0 >"$scratch/source.csv"
      table 1 3 0 0 >"$scratch/one.csv"
      ./pacnet train --source "$scratch/source.csv" --label y --hidden 8 --source-epochs 1 --out "$scratch/base" >/dev/null
      ./pacnet prune --model "$scratch/base" >/dev/null
      ./pacnet allocate --model "$scratch/base" --source "$scratch/source.csv" >/dev/null
      for n in 200 2000 20000; do
        table "$((n * 10))" 3 0 "$n" >"$scratch/t.csv"
        rm -rf "$scratch/many"
        cp -r "$scratch/base" "$scratch/many"
        line "$n" calibrate --model "$scratch/many" --target "$scratch/t.csv" --group-by tool --target-epochs 1
        line "  and open" predict --model "$scratch/many" --name tool0 --input "$scratch/one.csv" --out "$scratch/p.csv"
      done
      ;;
  esac
done
