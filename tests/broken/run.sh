#!/usr/bin/env bash
# Builds each deliberate defect of breaks.txt and checks that its named test catches it.
#
# Usage: tests/broken/run.sh [NAME...]     (all when none is named)
# Exit code 0 when every defect is caught: the named test passes without the defect and
# ends with gtest's own "FAILED TEST" with it (a crash or a missing file is no catch).
# Needs what tests/run.sh installs.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
build="$root/build/broken"
report="$build.log"
caught=0
missed=0

build_test() {  # break module target: prints nothing, sets $program
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1" \
    -DENLACE_UNITY=ON "-DENLACE_BREAK=$1" "-DENLACE_BREAK_MODULE=$2" > "$report" 2>&1 ||
    { cat "$report"; exit 2; }
  cmake --build "$build" --target "$3" > "$report" 2>&1 || { tail -30 "$report"; exit 2; }
  program=$(find "$build/tests" -type f -name "$3" -perm -u+x | head -1)
}

while read -r name module target filter; do
  case "$name" in ""|"#"*) continue ;; esac
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  echo "== $name in $module: expecting $target $filter to fail"
  build_test "" "" "$target"
  # A filter that matches no test would pass by itself: that is an error, not a catch.
  if [ "$("$program" --gtest_list_tests "--gtest_filter=$filter" | grep -c '^  ')" -eq 0 ]; then
    echo "   no such test"
    exit 2
  fi
  if ! "$program" "--gtest_filter=$filter" > "$report" 2>&1; then
    tail -30 "$report"
    echo "   fails without the defect, so it shows nothing"
    exit 2
  fi
  build_test "$name" "$module" "$target"
  if ! "$program" "--gtest_filter=$filter" > "$report" 2>&1 && grep -q 'FAILED TEST' "$report"; then
    echo "   caught"
    caught=$((caught + 1))
  else
    tail -5 "$report"
    echo "   NOT CAUGHT"
    missed=$((missed + 1))
  fi
done < tests/broken/breaks.txt
echo "broken builds: $caught caught, $missed not caught"
[ "$missed" -eq 0 ] && [ "$caught" -gt 0 ]
