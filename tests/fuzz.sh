#!/usr/bin/env bash
# Feeds made-up files to everything that reads a model, by Jazzer, and ends with the first that is not read or refused as it should be:
# tests/fuzz.sh [EXECUTIONS [TEST ...]]; the tests are those of tests/src/fuzz. Needs what ./pacnet test has built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-1000000}
shift || true
tests=("$@")
((${#tests[@]})) || tests=(target model safetensors ubjson)
for test in "${tests[@]}"; do
  printf '== %s: %s executions\n' "$test" "$runs"
  JAZZER_FUZZ=1 mvn -B -ntp -Dstyle.color=never -Pfuzz -Dexec.skip=true -pl tests -am verify -Dsurefire.failIfNoSpecifiedTests=false \
    -Dtest="ModelFuzz#$test" -Djazzer.runs="$runs" 2>&1 | grep -E '^#[0-9]+.*DONE|== Java Exception|^\s+at org.pacnet|Tests run:|BUILD|ERROR.*Fuzz|crash-|Done [0-9]+ runs' | tail -n 30
done
