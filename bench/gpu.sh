#!/usr/bin/env bash
# Everything that only a GPU can tell, in one call: builds the core against the LibTorch of python3's PyTorch, runs the tests on
# the GPU, under compute-sanitizer too where there is one, a transfer by the command line, and the benchmarks beside PyTorch.
# Needs nvcc, CMake, Ninja, a C++20 compiler and a PyTorch for GPUs; no network.
#   bench/gpu.sh [PACK]   PACK: what bench/gpu_pack.sh made, a folder or .tar.xz: GoogleTest and Java, where the machine has none
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=native/build/gpu
log=$build.log
mkdir -p native/build
: >"$log"
started=$SECONDS
say() { printf '\n== %s (%d s)\n' "$*" "$((SECONDS - started))"; }
quietly() { "$@" >>"$log" 2>&1 || { tail -n 40 "$log" && exit 1; }; }

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
quietly cmake --build "$build"

export LD_LIBRARY_PATH=$torch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
failed=0
say "tests on the GPU"
"$build/pacnet_test" --gtest_filter='OnDevice.*:Kernels*:*StepOnHost*:Status.*' --gtest_brief=1 || failed=1
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck; do
    say "compute-sanitizer $tool"
    timeout 150 compute-sanitizer --tool "$tool" --error-exitcode 1 "$build/pacnet_test" \
      --gtest_filter='OnDevice.S*:OnDevice.TrainsAsTheCpuDoes*' --gtest_brief=1 2>&1 | tail -n 5 || failed=1
  done
else
  echo "compute-sanitizer is not here: NOT RUN"
fi

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
    run transfer --source "$java/demo/source.csv" --target "$java/demo/target.csv" --label y --device "$device" \
      --out "$java/model-$device" >"$java/$device.txt" 2>&1 || failed=1
    grep -E "^(Base|Target|Source|Scratch| )" "$java/$device.txt" | tail -n 8 || true
  done
fi

say "benchmarks: microseconds a step, medians; ratio: the best of PyTorch's over ours"
printf '%-34s %6s %5s %9s %9s %9s %9s %6s\n' network batch as pacnet eager compiled graph ratio
value() { awk -F'\t' -v name="$1" '$1 == name { print $2 }'; }
while IFS='|' read -r description batch precision; do
  ours=$("$build/device_bench" step "$description" "$batch" "$precision" | value step) || ours=nan
  theirs=$(timeout 120 python3 bench/gpu_peers.py "$description" "$batch" "$precision" 2>>"$log") || true
  eager=$(value eager <<<"$theirs") compiled=$(value compiled <<<"$theirs") graph=$(value graph <<<"$theirs")
  best=$(printf '%s\n' "$eager" "$compiled" "$graph" | grep -v nan | sort -g | head -n 1)
  printf '%-34s %6s %5s %9s %9s %9s %9s %6s\n' "$description" "$batch" "$precision" "$ours" "$eager" "$compiled" "$graph" \
    "$(awk -v o="$ours" -v b="$best" 'BEGIN { printf "%.2f", b / o }')"
done <<'CASES'
mlp sizes=10,64,64,1|32|fp32
mlp sizes=10,64,64,1|1024|fp32
mlp sizes=10,64,64,1|16384|fp32
mlp sizes=10,256,256,1|32|fp32
mlp sizes=10,256,256,1|1024|fp32
mlp sizes=10,256,256,1|16384|fp32
mlp sizes=10,1024,1024,1|32|fp32
mlp sizes=10,1024,1024,1|1024|fp32
mlp sizes=10,1024,1024,1|16384|fp32
mlp sizes=10,1024,1024,1|16384|tf32
resnet18 image=3,64,64 outputs=10|256|fp32
resnet18 image=3,64,64 outputs=10|256|bf16
CASES
"$build/device_bench" adam 100000000 || failed=1
"$build/device_bench" select 100000000 || failed=1
say "done"
exit "$failed"
