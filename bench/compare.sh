#!/usr/bin/env bash
# Measures Enlace and PostgreSQL 15 in rotation, in one run, and prints their ratios beside
# the goals.
#
# Usage: bench/compare.sh [OPTIONS]
#   --bin DIR        the programs enlaced, enlace-bench and pg-bench; default build/release/bin
#   --rounds N       runs of each measure, of which the median counts; default 5
#   --records N      stored records for reads, tables and bulk; default 1000000
#   --changes N      channel entries for catching up; default 20000
#   --only REGEX     only the measures whose name matches
#   --short          few records, one round, short measures: shows that all of it works, and
#                    compares nothing
#   --duckdb DIR     a folder with node_modules/@duckdb/node-api: tables are then compared with
#                    DuckDB as well; without it with PostgreSQL alone
#   --out FILE       also keeps every single figure there, tab separated
#
# PostgreSQL runs as user postgres in clusters of its own: mutual TLS, 63 typed columns, three
# indexes beside the primary key, fsync, synchronous_commit and full_page_writes on. Both sides
# share this machine's cores. Nothing is written outside one temporary folder, which goes.
# Needs deploy/install-deps.sh --full.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
wrong() { echo "compare.sh: $*; see --help" >&2; exit 2; }
die() { echo "compare: $*" >&2; exit 1; }
say() { echo "# $*" >&2; }

bin=$root/build/release/bin rounds=5 records=1000000 changes=20000 only='.' seconds=2 clients_max=32
buffers=2GB duckdb='' out='' short=''
while [ $# -gt 0 ]; do
  case "$1" in
    --short) short=1 rounds=1 records=2000 changes=200 seconds=0.3 buffers=128MB; shift; continue ;;
    --help|-h) usage; exit 0 ;;
    --bin|--rounds|--records|--changes|--only|--duckdb|--out)
      [ -n "${2:-}" ] || wrong "$1 needs a value" ;;
    *) wrong "unknown option $1" ;;
  esac
  case "$1" in
    --bin) bin=$(realpath -m -- "$2") ;;
    --rounds) rounds=$2 ;;
    --records) records=$2 ;;
    --changes) changes=$2 ;;
    --only) only=$2 ;;
    --duckdb) duckdb=$(realpath -m -- "$2") ;;
    --out) out=$(realpath -m -- "$2") ;;
  esac
  shift 2
done
for program in enlaced enlace-bench pg-bench; do
  [ -x "$bin/$program" ] || die "--bin: no program $bin/$program"
done
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
[ -n "$postgres" ] || die "PostgreSQL is not installed"

dir=$(mktemp -d "${TMPDIR:-/tmp}/enlace-compare-XXXXXX")
chmod 755 "$dir"
as_postgres=()
[ "$(id -u)" -ne 0 ] || as_postgres=(runuser -u postgres --)
finish() {
  local code=$? cluster
  trap - EXIT
  for cluster in first second; do
    [ -f "$dir/pg/$cluster/postmaster.pid" ] || continue
    "${as_postgres[@]}" "$postgres/pg_ctl" -D "$dir/pg/$cluster" -m immediate stop > /dev/null ||
      true
  done
  rm -rf "$dir"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# ---------------------------------------------------------------------------------------
# Two clusters of PostgreSQL: the second one follows the first.
make_certificates() {
  local tls=$dir/pg/tls
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
    -keyout "$tls/ca.key" -out "$tls/ca.crt" 2> /dev/null
  local name
  for name in server bench; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
      -keyout "$tls/$name.key" -out "$tls/$name.csr" 2> /dev/null
    openssl x509 -req -in "$tls/$name.csr" -CA "$tls/ca.crt" -CAkey "$tls/ca.key" \
      -CAcreateserial -days 2 -out "$tls/$name.crt" 2> /dev/null
  done
  chmod 600 "$tls"/*.key
}

free_port() {
  local candidate
  while true; do
    candidate=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2> /dev/null || { echo "$candidate"; return; }
  done
}

declare -A port
start_cluster() {  # name
  local data=$dir/pg/$1 tls=$dir/pg/tls
  "${as_postgres[@]}" "$postgres/initdb" -D "$data" -U postgres -A peer --no-sync > /dev/null
  port[$1]=$(free_port)
  cat >> "$data/postgresql.conf" <<CONFIG
listen_addresses = '127.0.0.1'
port = ${port[$1]}
unix_socket_directories = '$dir/pg'
ssl = on
ssl_ca_file = '$tls/ca.crt'
ssl_cert_file = '$tls/server.crt'
ssl_key_file = '$tls/server.key'
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = $buffers
max_wal_size = 8GB
checkpoint_timeout = 15min
wal_level = logical
max_connections = 80
log_min_messages = error
CONFIG
  printf 'local all all trust\nhostssl all all 127.0.0.1/32 cert\n' > "$data/pg_hba.conf"
  "${as_postgres[@]}" "$postgres/pg_ctl" -D "$data" -w -l "$data/log" start > /dev/null ||
    { cat "$data/log" >&2; die "PostgreSQL did not start"; }
  local sql=("$postgres/psql" -h "$dir/pg" -p "${port[$1]}" -U postgres -q -v ON_ERROR_STOP=1)
  "${sql[@]}" -c 'CREATE ROLE bench LOGIN SUPERUSER'
  local database
  for database in reads writes follow; do "${sql[@]}" -c "CREATE DATABASE $database"; done
}
conninfo() {  # cluster, database
  local tls=$dir/pg/tls
  echo "host=127.0.0.1 port=${port[$1]} dbname=$2 user=bench sslmode=verify-ca" \
    "sslrootcert=$tls/ca.crt sslcert=$tls/bench.crt sslkey=$tls/bench.key"
}

# ---------------------------------------------------------------------------------------
# Each figure is one line: measure, metric, who, value.
figures=$dir/figures
: > "$figures"
note() {  # measure, who; lines "R METRIC VALUE UNIT" on standard input
  awk -v measure="$1" -v who="$2" '$1 == "R" { print measure "\t" $2 "\t" who "\t" $3 }' \
    >> "$figures"
}
wanted() { [[ "$1" =~ $only ]]; }

enlace() {  # measure, arguments
  local measure=$1
  shift
  "$bin/enlace-bench" "$@" --seconds "$seconds" 2>> "$dir/log" | note "$measure" enlace ||
    { tail -n 5 "$dir/log" >&2; die "enlace-bench $* failed"; }
}
postgresql() {  # measure, database, arguments
  local measure=$1 database=$2
  shift 2
  "$bin/pg-bench" "$@" --seconds "$seconds" --conninfo "$(conninfo first "$database")" \
    2>> "$dir/log" | note "$measure" postgresql ||
    { tail -n 5 "$dir/log" >&2; die "pg-bench $* failed"; }
}
# Who goes first changes from round to round.
both() {  # measure, database, arguments of both
  wanted "$1" || return 0
  local measure=$1 database=$2
  shift 2
  local here=()
  [ "$database" != reads ] || here=(--folder "$dir/enlace")
  say "round $round: $measure"
  if [ $((round % 2)) -eq 1 ]; then
    enlace "$measure" "$@" "${here[@]}"
    postgresql "$measure" "$database" "$@" "${there[@]}"
  else
    postgresql "$measure" "$database" "$@" "${there[@]}"
    enlace "$measure" "$@" "${here[@]}"
  fi
}
# What gRPC's own servers do with the node's credentials, and nothing behind them.
bare_servers() {  # measure, clients, command
  local server
  for server in sync callback; do
    "$bin/enlace-bench" "$3" --clients "$2" --server "$server" --seconds "$seconds" \
      2>> "$dir/log" | note "$1" "bare-$server"
  done
}
bare() {  # measure, clients, enlace's command, the bare server's command
  wanted "$1" || return 0
  say "round $round: $1"
  enlace "$1" "$3" --clients "$2"
  bare_servers "$1" "$2" "$4"
}

measure_round() {
  local clients there=()
  for clients in 1 8 32; do both "put-$clients" writes put --clients "$clients"; done
  both batch writes batch --size 1000
  both bulk writes bulk --records "$records"
  there=(--records "$records")
  for clients in 1 8; do both "get-$clients" reads get --clients "$clients"; done
  both getmany reads getmany --ids 100
  there=()
  both list reads list --page 100
  both crosstab reads crosstab
  both plan24 reads plan24
  if [ -n "$duckdb" ] && wanted 'crosstab plan24'; then
    node "$root/bench/duckdb_tables.mjs" "$duckdb" "$dir/cases.csv" "$seconds" 2>> "$dir/log" |
      awk '$1 == "R" { print $2 "\ttime\tduckdb\t" $3 }' >> "$figures"
  fi
  there=(--replica "$(conninfo second follow)")
  both catchup follow catchup --records "$changes"
  both resume follow resume --records "$changes"
  both propagate follow propagate --rate 50
  there=()
  bare ping-8 8 ping echo
  bare ping-32 32 ping echo
  bare connect-8 8 connect echo-connect
  for clients in 1 8 32; do
    wanted "stream-$clients" || continue
    say "round $round: stream-$clients"
    bare_servers "stream-$clients" "$clients" echo-stream
  done
}

# ---------------------------------------------------------------------------------------
say "everything is in $dir"
mkdir -p "$dir/pg/tls"
make_certificates
[ "$(id -u)" -ne 0 ] || chown -R postgres "$dir/pg"
start_cluster first
start_cluster second
if wanted 'get getmany list crosstab plan24'; then
  say "storing $records records on both sides"
  "$bin/enlace-bench" prepare --records "$records" --folder "$dir/enlace" 2>> "$dir/log" |
    note prepare enlace
  "$bin/pg-bench" prepare --records "$records" --conninfo "$(conninfo first reads)" \
    2>> "$dir/log" | note prepare postgresql
  if [ -n "$duckdb" ]; then
    "$postgres/psql" -h "$dir/pg" -p "${port[first]}" -U postgres -q -d reads \
      -c '\copy cases TO '"'$dir/cases.csv'"' CSV HEADER'
  fi
fi
for ((round = 1; round <= rounds; ++round)); do measure_round; done
if wanted disk; then
  say "disk"
  "$bin/enlace-bench" disk --records "$records" 2>> "$dir/log" | note disk enlace
fi
[ -z "$out" ] || cp "$figures" "$out"

# ---------------------------------------------------------------------------------------
say "$(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg), $rounds round(s), $records records"
awk -F '\t' -v duck="$([ -n "$duckdb" ] && echo yes || echo no)" -v short="$short" \
  -f "$root/bench/ratios.awk" "$figures"
