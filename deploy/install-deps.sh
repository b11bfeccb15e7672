#!/usr/bin/env bash
# Installs what Enlace needs from Debian 12's own packages. Safe to run again: it asks
# dpkg first and does nothing when all is there.
#
# Usage: deploy/install-deps.sh [--product | --front | --tests | --full]
#   --product   what building and running the programs needs (default)
#   --front     also HAProxy, for a node behind a front (docs/OPERATIONS.md)
#   --tests     also what the tests need
#   --full      also what the long forms of the tests need (sanitizers' and fuzzers' clang) and
#               the benchmarks (the store that Enlace is measured beside)
# Runs as root, or through sudo. Exit code 0 when every package is installed.
set -euo pipefail

product=(
  ca-certificates cmake ninja-build ccache g++ pkg-config
  libgrpc++-dev protobuf-compiler-grpc  # CMake's gRPC targets name the plugins of the second.
  libprotobuf-dev protobuf-compiler
  golang-github-gogo-googleapis-dev     # google/rpc/*.proto
  librocksdb-dev libssl-dev libsodium-dev libicu-dev
  libyaml-cpp-dev nlohmann-json3-dev libcli11-dev libspdlog-dev libfmt-dev prometheus-cpp-dev
  openssl procps
)
front=(haproxy)
tests=(libgtest-dev libgmock-dev python3 python3-grpcio python3-protobuf faketime
  e2fsprogs mount)                      # Loss of power on an image; only root can mount one.
full=(
  clang libclang-rt-14-dev
  postgresql-15 libpq-dev linux-perf  # bench/compare.sh, and profiles of what it finds.
)

packages=("${product[@]}")
case "${1:---product}" in
  --product) ;;
  --front) packages+=("${front[@]}") ;;
  --tests) packages+=("${front[@]}" "${tests[@]}") ;;
  --full) packages+=("${front[@]}" "${tests[@]}" "${full[@]}") ;;
  --help|-h) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "install-deps.sh: unknown option $1; see --help" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "packages: all ${#packages[@]} are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "packages missing: ${missing[*]}" >&2
    echo "run this script as root" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "packages: installing ${#missing[@]} of ${#packages[@]}: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y
     -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
# The lists may be old or absent on a bare system; a failed update is not yet a failure.
"${apt[@]}" update || echo "packages: the lists could not be updated; trying with what is there" >&2
"${apt[@]}" install --no-install-recommends "${missing[@]}"
echo "packages: done"
