#!/usr/bin/env bash
# Runs the long forms of the durability trials on a built tree and prints what each counted.
#
# Usage: tests/long/durability.sh [BUILD]     (build/dev when none is named)
# Exit code 0 when every trial passed. The power cuts need root and loop devices; without they
# say so. Plan an hour and a half on two cores. ENLACE_TEST_SEED repeats a run.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/dev}
report=$build/durability.log
: > "$report"
failed=0

trial() {  # name, test program, filter; settings by environment
  local name=$1 program=$2 filter=$3 started=$SECONDS log result=passed
  log=$(mktemp)
  "$build/$program" "--gtest_filter=$filter" > "$log" 2>&1 || result=FAILED
  grep -q '\[  SKIPPED \]' "$log" && result="$result, SKIPPED in part"
  case $result in FAILED*)
    failed=$((failed + 1))
    grep -vE ' event=|^\[ .*(OK|RUN)|^$' "$log" | head -40 >&2 ;;
  esac
  {
    echo "== $name: $result ($((SECONDS - started)) s)"
    # What a trial counted, and its table of cells.
    grep -E 'seed=|detected=|^  [a-zA-Z*.-]+ .*=[0-9]' "$log" | grep -v ' event='
  } | tee -a "$report"
  rm -f "$log"
}

kill=tests/e2e/store_kill/e2e_store_kill_test
node=tests/e2e/node_kill/e2e_node_kill_test
export ENLACE_TEST_LONG=1
ENLACE_NODE_KILLS=250 trial "D1 kill -9, real node" $node 'NodeKillTest.*'
ENLACE_STORE_KILLS=250 trial "D1 kill -9, bare store" $kill 'StoreKillTest.*'
ENLACE_POWER_CUTS=100 trial "D2 loss of power" $kill 'PowerCutTest.*'
ENLACE_STORE_FAULT_PAIRS=0 trial "D4 each failing call" \
  tests/e2e/store_faults/e2e_store_faults_test 'StoreFaultsTest.*:StoreOrderTest.*'
ENLACE_STORE_FAULT_ROUNDS=32 trial "D7 D8 damaged store files" $kill 'FaultTest.*'
ENLACE_NODE_FAULT_ROUNDS=20 trial "D7 D8 damaged key files" $node 'NodeFaultTest.*'
trial "D9 D10 older copy put back" tests/contract/app/contract_app_test 'RestoredNodeTest.*'
ENLACE_START_KILLS=0 trial "D13 kill -9 in start, repair, compaction" $kill 'StartKillTest.*'
ENLACE_ERASE_KILLS=300 trial "D13 kill -9 in erasures" $node 'EraseKillTest.*'
ENLACE_HISTORY_OPERATIONS=10000 ENLACE_HISTORY_KILLS=50 \
  trial "D15 histories" $node 'HistoryTest.*'
trial "D15 the checker itself" tests/unit/linear/unit_linear_test '*'

echo "durability: $failed failed; all counts are in $report"
[ "$failed" -eq 0 ]
