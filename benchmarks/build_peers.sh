#!/usr/bin/env bash
# Builds llama.cpp's own llama-batched-bench (and llama-server) as peers of our engine.
#
# Usage: build_peers.sh OUTDIR [TARGET...]       (default target: llama-batched-bench)
#
# The sources are those vendored by the installed llama-cpp-python and the options those of its
# default build (Release, native CPU, OpenMP, shared libraries), so both sides run the same
# kernels. Prints the path of each binary. PYTHON names the interpreter our engine runs on,
# JOBS the number of compilers.
set -euo pipefail

out=$(mkdir -p "${1:?usage: build_peers.sh OUTDIR [TARGET...]}" && cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- llama-batched-bench
python=${PYTHON:-python3}

version=$("$python" -c 'from importlib.metadata import version; print(version("llama-cpp-python"))')
source="$out/llama_cpp_python-$version"
build="$out/build-$version"

if [ ! -d "$source" ]; then
  # Metadata is prepared in isolation, which compiles nothing.
  "$python" -m pip download --quiet --no-deps --no-binary llama-cpp-python \
    --dest "$out" "llama-cpp-python==$version" >&2
  tar -xzf "$out/llama_cpp_python-$version.tar.gz" -C "$out"
fi

generator=()
if command -v ninja >/dev/null; then generator=(-G Ninja); fi
cmake -S "$source/vendor/llama.cpp" -B "$build" "${generator[@]}" \
  -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=ON \
  -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF \
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF >&2
cmake --build "$build" --parallel "${JOBS:-$(getconf _NPROCESSORS_ONLN)}" --target "$@" >&2

for target in "$@"; do
  echo "$build/bin/$target"
done
