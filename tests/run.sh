#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests. The last lines are CTest's own
# summary; exit code 0 means that every test passed.
#
# Usage: tests/run.sh [--full] [--label LABEL] [--no-install]
#   --full        first the long forms: AddressSanitizer and UndefinedBehaviorSanitizer
#                 over everything, ThreadSanitizer over pure modules and store, fuzzers,
#                 broken builds (each must be caught), and long forms of property tests
#   --label L     only tests with this CTest label (unit, contract, simulation, tidy, e2e, fuzz)
#   --no-install  leave the system's packages alone
# Works from an empty build folder. Everything is written below build/.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

full=no
install=yes
select=()
while [ $# -gt 0 ]; do
  case "$1" in
    --full) full=yes ;;
    --no-install) install=no ;;
    --label) select=(-L "^$2\$"); shift ;;
    --help|-h) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$root/tests/run.sh"; exit 0 ;;
    *) echo "run.sh: unknown option $1; see --help" >&2; exit 2 ;;
  esac
  shift
done

# Paths out of the compiler's output, so that a build in another folder hits the cache.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
jobs=$(nproc)
started=$SECONDS
step() { printf '\n== [%3d s] %s\n' "$((SECONDS - started))" "$*"; }
trap 'code=$?; [ $code -eq 0 ] || printf "\n== FAILED after %d s (exit code %d)\n" \
      "$((SECONDS - started))" "$code"' EXIT

configure_and_build() {  # preset [targets...]
  local preset=$1
  shift
  cmake --preset "$preset" > "build/$preset.configure.log" 2>&1 ||
    { cat "build/$preset.configure.log"; return 1; }
  cmake --build "build/$preset" -j "$jobs" ${@:+--target "$@"}
}

if [ "$install" = yes ]; then
  step "packages"
  if [ "$full" = yes ]; then deploy/install-deps.sh --full; else deploy/install-deps.sh --tests; fi
fi
mkdir -p build

if [ "$full" = yes ]; then
  step "AddressSanitizer and UndefinedBehaviorSanitizer: build"
  configure_and_build asan
  step "AddressSanitizer and UndefinedBehaviorSanitizer: tests"
  ctest --test-dir build/asan -j "$jobs" --output-on-failure

  step "ThreadSanitizer: build of pure modules and store"
  # gRPC of this platform is not instrumented and reports races of its own; see
  # docs/ARCHITECTURE.md.
  configure_and_build tsan help > build/tsan.targets
  pure='base|crypto|codes|model|config|kv|channel|query|release|trust|authz|store|views|report'
  mapfile -t targets < <(grep -oE "^unit_($pure)_test" build/tsan.targets | sort -u)
  configure_and_build tsan "${targets[@]}"
  step "ThreadSanitizer: tests"
  modules=$(printf '%s\n' "${targets[@]}" | sed 's/^unit_//; s/_test$//' | paste -sd '|')
  ctest --test-dir build/tsan -j "$jobs" --output-on-failure -R "^unit\.($modules)\."

  step "fuzzers: build with clang, then a minute each"
  cmake --preset fuzz > build/fuzz.configure.log 2>&1 || { cat build/fuzz.configure.log; exit 1; }
  cmake --build build/fuzz --target help > build/fuzz.targets
  mapfile -t targets < <(grep -oE '^fuzz_[a-z0-9_]+' build/fuzz.targets | sort -u)
  cmake --build build/fuzz -j "$jobs" --target "${targets[@]}"
  ctest --test-dir build/fuzz -j "$jobs" --output-on-failure -L '^fuzz$'

  step "broken builds: each deliberate defect must be caught"
  tests/broken/run.sh
  export ENLACE_TEST_LONG=1
fi

step "build"
configure_and_build dev
if [ ! -d "${ENLACE_SHARED_DATA:-../shared/data}" ]; then
  echo "note: no real files beside this checkout; the tests that read them skip"
fi

step "tests"
ctest --test-dir build/dev -j "$jobs" --output-on-failure --no-tests=error "${select[@]}"
