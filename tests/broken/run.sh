#!/usr/bin/env bash
# Builds each deliberate defect of breaks.txt and checks that its named test catches it.
#
# Usage: tests/broken/run.sh [NAME...]     (all when none is named)
# Exit code 0 when every defect is caught. Needs what tests/run.sh installs.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
build="$root/build/broken"
caught=0
missed=0
while read -r name module target filter; do
  case "$name" in ""|"#"*) continue ;; esac
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  echo "== $name in $module: expecting $target $filter to fail"
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1" \
    "-DENLACE_BREAK=$name" "-DENLACE_BREAK_MODULE=$module" > "$build.log" 2>&1 ||
    { cat "$build.log"; exit 2; }
  cmake --build "$build" --target "$target" > "$build.log" 2>&1 ||
    { tail -30 "$build.log"; exit 2; }
  program=$(find "$build/tests" -type f -name "$target" -perm -u+x | head -1)
  # A filter that matches no test would pass by itself: that is an error, not a catch.
  if [ "$("$program" --gtest_list_tests "--gtest_filter=$filter" | grep -c '^  ')" -eq 0 ]; then
    echo "   no such test"
    exit 2
  fi
  if "$program" "--gtest_filter=$filter" > "$build.log" 2>&1; then
    echo "   NOT CAUGHT"
    missed=$((missed + 1))
  else
    echo "   caught"
    caught=$((caught + 1))
  fi
done < tests/broken/breaks.txt
echo "broken builds: $caught caught, $missed not caught"
[ "$missed" -eq 0 ] && [ "$caught" -gt 0 ]
