#!/usr/bin/env bash
# Runs every measure of enlace-bench in its smallest form and checks that it prints its
# figures and nothing else. How fast it was is not looked at.
# Usage: bench/smoke.sh DIR_OF_PROGRAMS
set -euo pipefail
bench=$1/enlace-bench
failed=0

# arguments of one measure; then the metrics that it must print.
check() {
  local arguments=$1 output metric
  shift
  # shellcheck disable=SC2086  # Words are arguments.
  if ! output=$("$bench" $arguments --seconds 0.2 2> >(sed 's/^/   /' >&2)); then
    echo "FAILED: enlace-bench $arguments"
    failed=1
    return
  fi
  if grep -vqE '^R [a-z0-9_.]+ [0-9.e+-]+ [a-z/]+$' <<< "$output"; then
    echo "FAILED: enlace-bench $arguments printed: $output"
    failed=1
  fi
  for metric in "$@"; do
    awk -v metric="$metric" '$2 == metric && $3 > 0 { found = 1 } END { exit !found }' \
      <<< "$output" || { echo "FAILED: enlace-bench $arguments: no $metric"; failed=1; }
  done
}

check 'put --clients 2' rate p50 p99
check 'put --clients 2 --by call' rate
check 'batch --size 100' rate
check 'bulk --records 2000' rate
check 'get --clients 2 --records 200' rate
check 'get --clients 2 --records 200 --by call' rate
check 'getmany --ids 100 --records 200' records
check 'list --page 100 --records 2000' rate records
check 'crosstab --records 1000' time
check 'plan24 --records 1000' time
check 'catchup --records 50' rate
check 'resume --records 50' rate
check 'propagate --rate 50' send_to_visible.p50 send_to_visible.p99
check 'ping --clients 2' rate
check 'connect --clients 2' rate
check 'echo --clients 2 --server sync' rate
check 'echo --clients 2 --server callback' rate
check 'echo-connect --clients 2' rate
check 'disk --records 1000' bytes_per_record columns_bytes_per_record start

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
check "prepare --records 1000 --folder $folder/kept" rate start
check "get --folder $folder/kept" rate

if ! "$(dirname "$0")/growth.sh" --bin "$(dirname "$bench")" --sizes "200 400" --rounds 1 \
  --seconds 0.1 --svg "$folder/growth.svg" | grep -q '^| start, s | '; then
  echo "FAILED: growth.sh"
  failed=1
fi
grep -q '</svg>' "$folder/growth.svg" || { echo "FAILED: no plot"; failed=1; }

if "$bench" get --records 1 --folder /proc/none 2> /dev/null; then
  echo "FAILED: a measure that cannot work ended well"
  failed=1
fi
exit "$failed"
