#!/usr/bin/env bash
# Builds what a release holds into target/repository, all but the upload, and uses it as somebody else would: by a pom of their own, on the
# class path, on the module path, as a run-time image, and as one jar, shaded or nested. Needs what ./pacnet test has built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
out=$root/target/consumers
rm -rf "$out" target/repository
mkdir -p "$out"
quiet() { "$@" >"$out/log" 2>&1 || { tail -n 40 "$out/log"; exit 1; }; }
maven=(mvn -B -ntp -Dstyle.color=never)

# A repository of their own: what they fetch must not lie about for later builds.
cp -al "$HOME/.m2/repository" "$out/m2" 2>/dev/null || cp -a "$HOME/.m2/repository" "$out/m2"
rm -rf "$out/m2/org/pacnet"
quiet "${maven[@]}" "-Dmaven.repo.local=$out/m2" -Prelease -DskipTests -Dexec.skip=true -Dmaven.install.skip=true -pl '!bench,!tests' deploy "-DaltDeploymentRepository=here::file:$root/target/repository"
for artifact in pacnet-native pacnet-predict pacnet pacnet-report pacnet-cli pacnet-spark_2.13; do
  for part in .pom .jar -sources.jar -javadoc.jar -cyclonedx.json; do
    compgen -G "target/repository/org/pacnet/$artifact/*/*-*[0-9]$part" >/dev/null || { echo "consumers: $artifact has no $part"; exit 1; }
  done
  # Somebody else has not this build's properties.
  ! grep -lF '${' target/repository/org/pacnet/"$artifact"/*/*.pom || { echo "consumers: that pom asks for properties"; exit 1; }
done

rm -rf "$out/m2/org/pacnet"

consumer() {
  quiet "${maven[@]}" -f "tests/consumers/$1" "-Dmaven.repo.local=$out/m2" "-Dhere=file:$root/target/repository" "-Dout=$out/$1" \
    compile dependency:build-classpath "-Dmdep.outputFile=$out/$1.classpath"
}
size() { tr ':' '\n' <"$out/$1.classpath" | xargs stat -L -c %s | awk '{ s += $1 } END { printf "%d jars, %.1f MB", NR, s / 1e6 }'; }
start() { local from; from=$(date +%s%N); "$@"; printf '  %d ms, start-up included\n' $((($(date +%s%N) - from) / 1000000)); }

consumer predict
classpath=$(<"$out/predict.classpath")
model=(tests/fixtures/model-v4 tests/fixtures/model-v4-predicted.csv)
printf 'pacnet-predict: %s\n' "$(size predict)"
if tr ':' '\n' <<<"$classpath" | grep -E 'linux|duckdb|pytorch'; then
  echo "consumers: pacnet-predict brings native libraries"
  exit 1
fi
echo '- class path'
start java -cp "$out/predict/classes:$classpath" Predict "${model[@]}"
echo '- module path'
start java -p "$classpath" --add-modules org.pacnet.predict -cp "$out/predict/classes" Predict "${model[@]}"
echo '- run-time image (jlink)'
jlink -p "$classpath" --add-modules org.pacnet.predict --output "$out/image"
start "$out/image/bin/java" -cp "$out/predict/classes" Predict "${model[@]}"

consumer library
classpath=$(<"$out/library.classpath")
printf 'pacnet: %s\n' "$(size library)"
export OPENBLAS_NUM_THREADS=1
echo '- class path'
start java -cp "$out/library/classes:$classpath" Transfer
echo '- module path'
start java -p "$classpath" --add-modules ALL-MODULE-PATH -cp "$out/library/classes" Transfer
echo '- one shaded jar'
mkdir "$out/shaded"
while read -r jar; do unzip -qo "$jar" -d "$out/shaded"; done < <(tr ':' '\n' <<<"$classpath")
cp -r "$out/library/classes/." "$out/shaded"
rm -rf "$out/shaded/META-INF/"{*.SF,*.RSA,*.DSA,versions} "$out/shaded/module-info.class"
jar cfe0 "$out/shaded.jar" Transfer -C "$out/shaded" .
start java -Dorg.bytedeco.javacpp.cachedir="$out/natives" -jar "$out/shaded.jar"
echo '- a jar with jars in it, as Spring Boot makes it'
quiet "${maven[@]}" -f tests/consumers/library "-Dmaven.repo.local=$out/m2" "-Dhere=file:$root/target/repository" "-Dout=$out/library" package
start java -Dorg.bytedeco.javacpp.cachedir="$out/natives-of-boot" -jar "$out/library/library-1.jar"
printf '  natives unpacked: %s MB\n' "$(du -sm "$out/natives" | cut -f 1)"

consumer spark
classpath=$(<"$out/spark.classpath")
echo 'pacnet-spark, Spark provided, in one process'
opened=()
for package in java.lang java.lang.invoke java.nio java.util sun.nio.ch; do opened+=("--add-opens=java.base/$package=ALL-UNNAMED"); done
start java "${opened[@]}" -cp "$out/spark/classes:$classpath" ManyTools 2>"$out/log" || { tail -n 40 "$out/log"; exit 1; }
tests/spark_cluster.sh "$out/spark/classes" "$classpath" "$out/cluster"
rm -rf "$out"
