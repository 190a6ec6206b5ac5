#!/usr/bin/env bash
# Everything that only a GPU can tell, in one call of under eight minutes: builds the core against the LibTorch of python3's PyTorch, runs
# the tests on the GPU, the benchmarks beside PyTorch, a transfer by the command line, and the tests under compute-sanitizer. What
# is worth most comes first, and each part's result is in a file of RESULTS as soon as it ends.
# Needs nvcc, CMake, Ninja, a C++20 compiler and a PyTorch for GPUs; no network.
#   bench/gpu.sh [PACK]   PACK: what bench/gpu_pack.sh made, a folder or .tar.xz: GoogleTest and Java, where the machine has none
# RESULTS is in the environment, a folder; native/build/gpu-results unless given.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=native/build/gpu
results=${RESULTS:-native/build/gpu-results}
mkdir -p "$results" native/build
log=$results/log.txt
: >"$log"
started=$SECONDS
failed=0
say() { printf '\n== %s (%d s)\n' "$*" "$((SECONDS - started))"; }
quietly() { "$@" >>"$log" 2>&1 || { tail -n 60 "$log" && exit 1; }; }
# part NAME SECONDS COMMAND...: its output in RESULTS/NAME.txt, its end here
part() {
  local name=$1 limit=$2
  shift 2
  say "$name"
  timeout "$limit" "$@" >"$results/$name.txt" 2>&1 || {
    echo "$name: FAILED, exit code $?"
    failed=1
  }
}

command -v nvidia-smi >/dev/null && nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || {
  echo "gpu.sh: there is no NVIDIA GPU here" >&2
  exit 1
}
python3 -c 'import torch; print("PyTorch", torch.__version__, "CUDA", torch.version.cuda)'
nvcc --version | tail -n 2 | head -n 1
torch=$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))')

pack=${1:-}
if [[ $pack == *.tar.xz ]]; then
  quietly tar -C native/build -xJf "$pack"
  pack=native/build/gpu-pack
fi
gtest=()
if [[ -n $pack ]]; then
  quietly cmake -S "$pack/googletest" -B native/build/googletest -G Ninja -DBUILD_GMOCK=OFF \
    -DCMAKE_INSTALL_PREFIX="$PWD/native/build/googletest-installed" -DCMAKE_CXX_STANDARD=17
  quietly cmake --build native/build/googletest --target install
  gtest=(-DGTest_ROOT="$PWD/native/build/googletest-installed")
fi

say "building"
arch=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)
quietly cmake -S native -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DPACNET_CUDA=ON -DPACNET_CUDA_ARCHITECTURES="$arch" \
  -DLIBTORCH="$torch" -DPACNET_BUILD_TESTS=ON -DPACNET_BUILD_BENCH=ON "${gtest[@]}"
quietly cmake --build "$build" --target pacnet pacnet_test device_bench

export LD_LIBRARY_PATH=$torch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
if [[ $("$build/device_bench" status 2>&1) != usable* ]]; then
  "$build/device_bench" status || true
  echo "gpu.sh: the core can't use the GPU" >&2
  exit 1
fi

on_gpu='*OnDevice*:Status.*'
part tests 150 "$build/pacnet_test" --gtest_filter="$on_gpu" --gtest_brief=1
tail -n 60 "$results/tests.txt"
if grep -q 'SKIPPED' "$results/tests.txt"; then
  echo "gpu.sh: tests were skipped" >&2
  failed=1
fi

part arrays 60 bash -c '"$0" adam 100000000 && "$0" select 100000000' "$build/device_bench"
cat "$results/arrays.txt"

many() {
  for each in 'mlp sizes=10,64,64,1|256|30|300' 'mlp sizes=10,64,64,1 activation=silu|256|30|300' 'mlp sizes=10,64,64,1 activation=silu|2000|30|300' 'mlp sizes=10,256,256,1 activation=silu|256|30|300' \
    'mlp sizes=10,64,64,1 activation=silu|256|200|100'; do
    IFS='|' read -r description targets rows epochs <<<"$each"
    "$build/device_bench" many "$description" "$targets" "$rows" "$epochs"
  done
}
export build
part many 120 bash -c "set -e; $(declare -f many); many"
echo "many targets: milliseconds at once, one after another on the GPU, and on all threads of the CPU"
cat "$results/many.txt"

cases=('mlp sizes=10,64,64,1|32|fp32|compile' 'mlp sizes=10,64,64,1|1024|fp32' 'mlp sizes=10,64,64,1|16384|fp32'
  'mlp sizes=10,256,256,1|32|fp32|compile' 'mlp sizes=10,256,256,1|1024|fp32' 'mlp sizes=10,256,256,1|16384|fp32'
  'mlp sizes=10,1024,1024,1|32|fp32' 'mlp sizes=10,1024,1024,1|1024|fp32' 'mlp sizes=10,1024,1024,1|16384|fp32|compile'
  'mlp sizes=10,1024,1024,1|16384|tf32' 'resnet18 image=3,64,64 outputs=10|256|fp32' 'resnet18 image=3,64,64 outputs=10|256|bf16|compile')
ours() {
  local description batch precision
  for case in "${cases[@]}"; do
    IFS='|' read -r description batch precision _ <<<"$case"
    printf '%s\tpacnet\t%s\n' "$case" "$("$build/device_bench" step "$description" "$batch" "$precision" | cut -f 2)"
  done
}
part ours 60 bash -c "$(declare -p cases); $(declare -f ours); ours"
part pytorch 190 python3 bench/gpu_peers.py "${cases[@]}"
say "steps: microseconds, medians; ratio: the best of PyTorch's over ours"
cat "$results/ours.txt" "$results/pytorch.txt" | awk -F'\t' '
  NF == 3 { if (!($1 in seen)) { seen[$1] = 1; order[++n] = $1 } time[$1, $2] = $3
    if ($2 != "pacnet" && $3 + 0 > 0 && (!($1 in best) || $3 + 0 < best[$1])) best[$1] = $3 + 0 }
  END { printf "%-58s %9s %9s %9s %9s %6s\n", "step", "pacnet", "eager", "graph", "compiled", "ratio"
    for (i = 1; i <= n; ++i) { c = order[i]; o = time[c, "pacnet"]
      printf "%-58s %9s %9s %9s %9s %6s\n", c, o, time[c, "eager"], time[c, "graph"], time[c, "compiled"],
        (o + 0 > 0 && c in best) ? sprintf("%.2f", best[c] / o) : "" } }' | tee "$results/steps.txt"

if [[ -x $pack/java/bin/java ]]; then
  say "a transfer by the command line"
  java=$build/java
  rm -rf "$java" && mkdir -p "$java/native"
  cp "$pack"/lib/* "$java/"
  cp "$pack/libjnipacnet.so" "$build/libpacnet.so" "$java/native/"
  run() {
    LD_LIBRARY_PATH=$PWD/$java/native:$LD_LIBRARY_PATH "$pack/java/bin/java" --enable-native-access=ALL-UNNAMED \
      -Dorg.bytedeco.javacpp.pathsfirst=true -Djava.library.path="$PWD/$java/native:$torch/lib" \
      -Dorg.bytedeco.javacpp.cachedir="$PWD/$java/cache" -cp "$java/*" org.pacnet.cli.Main "$@"
  }
  run doctor | grep -E '^(LibTorch|GPU)' || failed=1
  run demo --out "$java/demo" >>"$log" 2>&1 || failed=1
  for device in cpu cuda; do
    begun=$SECONDS
    run transfer --source "$java/demo/source.csv" --target "$java/demo/target.csv" --label y --device "$device" \
      --out "$java/model-$device" >"$results/transfer-$device.txt" 2>&1 || failed=1
    echo "$device, $((SECONDS - begun)) s:"
    grep -E 'RMSE|before|after|GPU' "$results/transfer-$device.txt" || tail -n 20 "$results/transfer-$device.txt"
  done
  # The target's rows again and again, each time with another part missing.
  awk -F, -v OFS=, 'NR == 1 { head = $0 ",tool"; next } { rows[++n] = $0 } END { print head
    for (t = 0; t < 256; ++t) for (r = 1; r <= n; ++r) if ((r + t) % 7) print rows[r], "tool" t }' "$java/demo/target.csv" >"$java/many.csv"
  for device in cpu cuda; do
    begun=$SECONDS
    run calibrate --model "$java/model-$device" --target "$java/many.csv" --group-by tool --method pac --device "$device" \
      >"$results/many-$device.txt" 2>&1 || failed=1
    echo "256 targets, $device, $((SECONDS - begun)) s:"
    tail -n 4 "$results/many-$device.txt"
  done
fi

if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck; do
    # The tool that looks at every word of shared memory takes minutes for what the other does in seconds.
    groups='*GroupOnDevice*case0:*GroupOnDevice*case3'
    [[ $tool == memcheck ]] || groups='*GroupOnDevice*case4'
    part "$tool" 100 compute-sanitizer --tool "$tool" --error-exitcode 1 "$build/pacnet_test" \
      --gtest_filter="OnDevice.S*:*FitOnDevice*case0:*FitOnDevice*case4:*FitOnDevice*case6:*FitOnDevice*case11:*FitOnDevice*case16:$groups" --gtest_brief=1
    tail -n 5 "$results/$tool.txt"
  done
else
  echo "compute-sanitizer is not here: NOT RUN"
fi
say "done"
exit "$failed"
