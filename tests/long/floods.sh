#!/usr/bin/env bash
# Floods against a real node, as a table: memory before, at its highest and after (MB), the
# victim's 99th percentile (ms) and failures, and how each flood ended.
#
# Usage: tests/long/floods.sh [ENLACED [SECONDS]]
# ENLACED is another node program to flood, such as one built from an older commit: the table
# before. Its configuration must know the options that the tests use. SECONDS is how long those
# floods go on that have no end of their own (5). Nothing else should run on the machine.
# Exit code 0 also when a limit is exceeded, since the table before is to be had too.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$PWD/build/${PRESET:-release}/tests/e2e/door/e2e_door_test
export ENLACE_FLOODED=${1:-} ENLACE_FLOOD_SECONDS=${2:-5}
echo "| attack | before | peak | after | p99 ms | served | failed | outcome |"
echo "|---|---|---|---|---|---|---|---|"
"$program" --gtest_filter='-WatchdogTest.*' 2>&1 | sed -n 's/^flood |\(.*\)$/|\1 |/p' || true
