#!/usr/bin/env bash
# Packs what bench/gpu.sh wants on a machine that has no JDK, no GoogleTest and no network: a Java runtime, the jars and
# GoogleTest's sources, into target/gpu-pack (under 60 MB). Needs a JDK with jmods and Debian's googletest package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
./pacnet --version >/dev/null
pack=target/gpu-pack
rm -rf "$pack"
mkdir -p "$pack/lib"
[[ -d /usr/src/googletest ]] || {
  echo "gpu_pack: no /usr/src/googletest: install the package googletest" >&2
  exit 1
}
cp -r /usr/src/googletest "$pack/googletest"
for jar in java/cli/target/dist/lib/*.jar; do
  case ${jar##*/} in
    pytorch-* | openblas-* | xgboost4j* | kryo* | scala-* | imageio-* | common-*) ;; # LibTorch is there; the rest is for what isn't run
    *) cp "$jar" "$pack/lib/" ;;
  esac
done
cp java/cli/target/dist/lib/libduckdb* "$pack/lib/"
unzip -qoj java/cli/target/dist/lib/pacnet-native-*-linux-x86_64.jar '*/libjnipacnet.so' -d "$pack"
jlink --add-modules java.base,java.sql,java.naming,java.logging,java.management,jdk.management,java.xml,java.desktop,jdk.unsupported,jdk.random \
  --strip-debug --no-man-pages --no-header-files --output "$pack/java"
tar -C target -cJf target/gpu-pack.tar.xz gpu-pack
size=$(stat -c %s target/gpu-pack.tar.xz)
echo "target/gpu-pack.tar.xz: $((size / 1000000)) MB"
((size < 60000000)) || {
  echo "gpu_pack: that is more than 60 MB" >&2
  exit 1
}
