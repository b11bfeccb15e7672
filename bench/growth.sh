#!/usr/bin/env bash
# Measures how a node does as its records grow by tens, and prints a table and a plot.
#
# Usage: bench/growth.sh [OPTIONS]
#   --bin DIR      the programs enlaced and enlace-bench; default build/release/bin
#   --sizes LIST   numbers of records, ascending; default "10000 100000 1000000 10000000"
#   --rounds N     runs of each measure, of which the median counts; default 3
#   --seconds N    of each timed measure; default 2
#   --svg FILE     where the plot goes; default bench/growth.svg
#
# Each size is a node of its own that takes its records in by the shipped path. Nothing is written
# outside one temporary folder, which goes, and the plot.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
wrong() { echo "growth.sh: $*; see --help" >&2; exit 2; }
bin=$root/build/release/bin sizes="10000 100000 1000000 10000000" rounds=3 seconds=2
svg=$root/bench/growth.svg
while [ $# -gt 0 ]; do
  case "$1" in
    --help|-h) usage; exit 0 ;;
    --bin|--sizes|--rounds|--seconds|--svg)
      [ -n "${2:-}" ] || wrong "$1 needs a value" ;;
    *) wrong "unknown option $1" ;;
  esac
  case "$1" in
    --bin) bin=$(realpath -m -- "$2") ;;
    --sizes) sizes=$2 ;;
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --svg) svg=$(realpath -m -- "$2") ;;
  esac
  shift 2
done

for program in enlaced enlace-bench; do
  [ -x "$bin/$program" ] || { echo "growth.sh: --bin: no program $bin/$program" >&2; exit 1; }
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/enlace-growth-XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
figures=$dir/figures

# Median of one metric over the rounds; the command writes lines "R METRIC VALUE UNIT".
measure() {  # name, metric, size, command...
  local name=$1 metric=$2 size=$3 round
  shift 3
  for ((round = 1; round <= rounds; ++round)); do
    "$bin/enlace-bench" "$@" --folder "$dir/$size" --seconds "$seconds" 2>> "$dir/log" |
      awk -v metric="$metric" '$1 == "R" && $2 == metric { print $3 }'
  done | sort -g | awk -v n="$rounds" -v name="$name" -v size="$size" \
    '{ list[NR] = $1 }
     END { if (NR < n) exit 1; print name "\t" size "\t" list[int((NR + 1) / 2)] }' \
    >> "$figures" || { tail -n 5 "$dir/log" >&2; echo "growth: $name failed" >&2; exit 1; }
}
once() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$figures"; }

for size in $sizes; do
  echo "# $size records" >&2
  prepared=$("$bin/enlace-bench" prepare --records "$size" --folder "$dir/$size" 2>> "$dir/log")
  once "bulk, rec/s" "$size" "$(awk '$2 == "rate" { print $3 }' <<< "$prepared")"
  once "start, s" "$size" "$(awk '$2 == "start" { print $3 }' <<< "$prepared")"
  once "disk, bytes a record" "$size" \
    "$(du -sb "$dir/$size/ARG/data/db/db" | awk -v n="$size" '{ print $1 / n }')"
  measure "get, 8 clients, rec/s" rate "$size" get --clients 8
  measure "get of 100 a call, rec/s" records "$size" getmany --ids 100
  measure "list, pages of 100, rec/s" records "$size" list --page 100
  measure "three-way table, ms" time "$size" crosstab
  measure "plan of 24 tables, ms" time "$size" plan24
  measure "single writes, 8 clients, rec/s" rate "$size" put --clients 8
  measure "batches of 1,000, rec/s" rate "$size" batch
  rm -rf "${dir:?}/$size"
done

awk -F '\t' -v svg="$svg" -f "$root/bench/growth.awk" "$figures"
