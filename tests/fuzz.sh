#!/usr/bin/env bash
# Feeds made-up files to everything that reads a model, by Jazzer, and ends with the first that is not read or refused as it should be:
#
#   tests/fuzz.sh [EXECUTIONS [KIND ...]]
#
# The kinds are the classes of tests/src/fuzz/java/org/pacnet/ModelFuzz.java. Needs what ./pacnet test has built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-1000000}
shift || true
kinds=("$@")
((${#kinds[@]})) || kinds=(Target WholeModel SafetensorsBytes UbjsonBytes)
mvn -B -q -Dstyle.color=never -Pfuzz -DskipTests -Dexec.skip=true -pl tests -am package dependency:build-classpath -Dmdep.outputFile=target/fuzz-classpath
work=$PWD/tests/target/fuzz
mkdir -p "$work"
classpath=$PWD/tests/target/test-classes:$(cat tests/target/fuzz-classpath)
cd "$work"
# Jazzer's look at SQL fails on statements without a text of their own.
for kind in "${kinds[@]}"; do
  mkdir -p "corpus-$kind"
  printf '== %s\n' "$kind"
  OPENBLAS_NUM_THREADS=1 GOMP_SPINCOUNT=1000 java -Dorg.bytedeco.javacpp.cachedir="$work/cache" -XX:+EnableDynamicAgentLoading -Xmx2g -cp "$classpath" com.code_intelligence.jazzer.Jazzer \
    --disabled_hooks=com.code_intelligence.jazzer.sanitizers.SqlInjection --target_class="org.pacnet.ModelFuzz\$$kind" --instrumentation_includes='org.pacnet.**' -runs="$runs" -timeout=60 -rss_limit_mb=8192 \
    -print_final_stats=1 "corpus-$kind" >"$kind.log" 2>&1 || { tail -n 60 "$kind.log"; exit 1; }
  grep -E '^(Done|stat::number_of|stat::new_units)' "$kind.log"
done
