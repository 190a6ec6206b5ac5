#!/usr/bin/env bash
# PAC's training step of a perceptron (10, width, width, 1; SiLU; Adam), ours and what a user could take instead, in turn: medians in
# microseconds over all rounds. Needs python3 with torch of the version that the core is built with. bench/peers.sh [ROUNDS [THREADS]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-3} threads=${2:-1}
source bench/steps.sh
cmake --build "$build" --target libtorch_step >/dev/null
mvn -B -q -DskipTests -Ppeers -pl bench -am package >/dev/null
classpath="bench/target/classes:$(cat bench/target/classpath)"
# What ships with the jars, so that all of ours and JavaCPP's are on the same LibTorch.
shipped=$(dirname "$(find "${HOME}/.javacpp/cache" -path '*linux-x86_64.jar*' -name libtorch_cpu.so | head -n 1)")
blas=$(dirname "$(find "${HOME}/.javacpp/cache" -path '*linux-x86_64.jar*' -name 'libopenblas.so.0' | head -n 1)")
java=(java --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -cp "$classpath")
run() {
  local way=$1 width=$2 batch=$3 steps=$4
  case $way in
    pacnet) LD_LIBRARY_PATH=$shipped:$blas "$build/network_step" "mlp sizes=10,$width,$width,1 activation=silu" "$batch" "$threads" "$steps" ;;
    c++) "$build/libtorch_step" "$width" "$batch" "$threads" "$steps" ;;
    foreach | fused | compile) python3 bench/mlp_step.py "$width" "$batch" "$threads" "$steps" "$way" ;;
    javacpp) "${java[@]}" org.pacnet.bench.JavaCppStep "$width" "$batch" "$threads" "$steps" plain ;;
    javacpp-best) "${java[@]}" org.pacnet.bench.JavaCppStep "$width" "$batch" "$threads" "$steps" best ;;
    djl) OMP_NUM_THREADS=$threads MKL_NUM_THREADS=$threads DJL_OFFLINE=true "${java[@]}" org.pacnet.bench.DjlStep "$width" "$batch" "$steps" ;;
  esac 2>>"$scratch/errors"
}
ways=(pacnet c++ foreach fused compile javacpp javacpp-best djl)
printf '%-12s' 'width, batch'
printf ' %12s' "${ways[@]}" 'best peer/us'
printf '\n'
for width in 64 128 256 1024; do
  for batch in 10 32 128; do
    steps=$((width < 1024 ? 300 : 40))
    rm -f "$scratch"/time-*
    for ((round = 0; round < rounds; round++)); do
      for way in "${ways[@]}"; do
        run "$way" "$width" "$batch" "$steps" >>"$scratch/time-$way" || true
      done
    done
    printf '%-12s' "$width, $batch"
    best=
    for way in "${ways[@]}"; do
      if [[ ! -s $scratch/time-$way ]]; then
        printf ' %12s' '-'
        continue
      fi
      value=$(awk -v m="$(median "$scratch/time-$way" 6)" 'BEGIN { printf "%.1f", 1000 * m }')
      [[ $way == pacnet ]] && ours=$value || best=$(printf '%s\n' $best "$value" | sort -g | head -n 1)
      printf ' %12s' "$value"
    done
    awk -v o="$ours" -v b="$best" 'BEGIN { printf " %12.2f\n", b / o }'
  done
done
sort -u "$scratch/errors" | grep -v '^WARNING\|SLF4J' | head -n 5 >&2 || true
