#!/usr/bin/env bash
# A standalone Spark cluster of a master and two workers, each a process of its own, to which spark-submit hands a program and pacnet's jars:
#   tests/spark_cluster.sh CLASSES CLASSPATH FOLDER
# where CLASSES holds ManyTools and CLASSPATH is its class path, Spark's jars among them. tests/consumers.sh calls it.
set -euo pipefail
classes=$1
classpath=$2
home=$3
mkdir -p "$home/jars" "$home/work"
theirs=()
while read -r jar; do
  case $jar in
    */org/pacnet/*|*/org/bytedeco/*|*/org/duckdb/*|*/ml/dmlc/*|*/de/siegmar/*|*/org/jspecify/*) theirs+=("$jar") ;;
    *) ln -sf "$jar" "$home/jars/" ;;
  esac
done < <(tr ':' '\n' <<<"$classpath")
jar cf "$home/tools.jar" -C "$classes" .

export SPARK_HOME=$home SPARK_SCALA_VERSION=2.13 SPARK_LOCAL_IP=127.0.0.1 OPENBLAS_NUM_THREADS=1
opened=()
for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent sun.nio.ch sun.nio.cs \
  sun.security.action sun.util.calendar; do
  opened+=("--add-opens=java.base/$package=ALL-UNNAMED")
done
processes=()
stop() { kill "${processes[@]}" 2>/dev/null || true; wait "${processes[@]}" 2>/dev/null || true; }
trap stop EXIT
part() { # NAME CLASS ARGUMENTS...
  local name=$1
  shift
  java "${opened[@]}" -cp "$home/jars/*" "$@" >"$home/$name.log" 2>&1 &
  processes+=($!)
}
until_logged() { # NAME PATTERN
  for _ in $(seq 120); do
    grep -qE "$2" "$home/$1.log" && return
    sleep 0.5
  done
  tail -n 40 "$home/$1.log"
  exit 1
}

part master org.apache.spark.deploy.master.Master --host 127.0.0.1 --port 0 --webui-port 0
until_logged master 'Starting Spark master at spark://'
master=$(grep -oE 'spark://[0-9.]+:[0-9]+' "$home/master.log" | head -n 1)
for worker in one two; do
  part "$worker" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port 0 --cores 1 --memory 1500m --work-dir "$home/work" "$master"
  until_logged "$worker" 'Successfully registered with master'
done

echo 'pacnet-spark, handed by spark-submit to a standalone cluster of a master and two workers'
java "${opened[@]}" -cp "$home/jars/*" org.apache.spark.deploy.SparkSubmit --master "$master" --executor-memory 1g \
  --conf spark.executorEnv.SPARK_SCALA_VERSION=2.13 --conf spark.executorEnv.OPENBLAS_NUM_THREADS=1 \
  --jars "$(IFS=,; echo "${theirs[*]}")" --class ManyTools "$home/tools.jar" 2>"$home/submit.log" || { tail -n 60 "$home/submit.log"; exit 1; }
