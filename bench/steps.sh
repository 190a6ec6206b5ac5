# What the scripts that time training steps share; to be sourced from the project's root.
build=native/build/bench
cmake -S native -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DPACNET_BUILD_TESTS=OFF -DPACNET_BUILD_BENCH=ON >/dev/null
cmake --build "$build" --target network_step >/dev/null
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# median FILE DIGITS: of seconds, one a line, in milliseconds.
median() {
  sort -g "$1" | awk -v digits="$2" '{ v[NR] = $1 } END {
    printf "%." digits "f", 1000 * (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2) }'
}
