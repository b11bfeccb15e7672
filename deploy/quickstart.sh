#!/usr/bin/env bash
# Builds Enlace and shows it at work: the nodes of three states and of the secretariat on
# this machine, from two agencies' files to a regional report.
#
# Usage: deploy/quickstart.sh [OPTIONS]
#   --cases FILE          case records to import; without it invented ones
#   --statistics FILE     official figures to import; without it invented ones
#   --jurisdictions A,B,C the member states; default: ARG,BRA,TTO, or with files the three
#                         OAS states that have most rows in them (cases first)
#   --keep                leave the network running at the end
#   --stop                stop a network that was kept, and do nothing else
#   --bin DIR             use the programs in DIR: install and build nothing
#   --dir DIR             where everything is written; default build/quickstart of the sources
# Relative paths start at the folder that you are in.
# Needs nothing but Debian 12. Run it as often as you like: each run begins anew. Exit code
# 0 means that every step succeeded and every channel was verified on every node.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$root/deploy/quickstart.sh"; }
wrong() { echo "quickstart.sh: $*; see --help" >&2; exit 2; }
started=$SECONDS
step() { printf '\n== [%3d s] %s\n' "$((SECONDS - started))" "$*"; }
say() { printf '   %s\n' "$*"; }
die() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

cases='' statistics='' members='' keep=no stop=no bin='' dir=$root/build/quickstart
begun=no  # Whether this run has touched $dir: before that, a network there is another run's.
while [ $# -gt 0 ]; do
  case "$1" in
    --keep) keep=yes; shift; continue ;;
    --stop) stop=yes; shift; continue ;;
    --help|-h) usage; exit 0 ;;
    --cases|--statistics|--jurisdictions|--bin|--dir)
      [ -n "${2:-}" ] || wrong "$1 needs a value" ;;
    *) wrong "unknown option $1" ;;
  esac
  # Paths start at the caller's folder; whether something is there is told further below, by option.
  case "$1" in
    --cases) cases=$(realpath -m -- "$2") ;;
    --statistics) statistics=$(realpath -m -- "$2") ;;
    --jurisdictions) members=$2 ;;
    --bin) bin=$(realpath -m -- "$2") ;;
    --dir) dir=$(realpath -m -- "$2") ;;
  esac
  shift 2
done
cd "$root"

# ---------------------------------------------------------------------------------------
# Members: alpha-3 and alpha-2 codes of the member states of the OAS.
oas='ATG:AG ARG:AR BHS:BS BRB:BB BLZ:BZ BOL:BO BRA:BR CAN:CA CHL:CL COL:CO CRI:CR CUB:CU DMA:DM
DOM:DO ECU:EC SLV:SV GRD:GD GTM:GT GUY:GY HTI:HT HND:HN JAM:JM MEX:MX NIC:NI PAN:PA PRY:PY PER:PE
KNA:KN LCA:LC VCT:VC SUR:SR TTO:TT USA:US URY:UY VEN:VE'

# For awk: splits a line of CSV; -1 when it ends inside a quoted field.
csv_fields='
    function fields(text, out,    i, c, quoted, n, field) {
      n = 0; field = ""; quoted = 0
      for (i = 1; i <= length(text); ++i) {
        c = substr(text, i, 1)
        if (c == "\"") quoted = !quoted
        else if (c == "," && !quoted) { out[++n] = field; field = "" }
        else field = field c
      }
      out[++n] = field
      return quoted ? -1 : n
    }
'

# Prints "<code> <rows>" for each text of the named column of a CSV file. A row that ends
# inside a quoted field is joined with the next.
count_column() {  # file column-name
  awk -v want="$2" "$csv_fields"'
    { sub(/\r$/, ""); line = line == "" ? $0 : line "\n" $0
      n = fields(line, f); if (n < 0) next
      line = "" }
    !column { sub(/^\357\273\277/, "", f[1])
      for (i = 1; i <= n; ++i) if (tolower(f[i]) == want) column = i
      if (!column) exit; next }
    { ++rows[f[column]] }
    END { for (code in rows) print code == "" ? "-" : code, rows[code] }' "$1"
}

# Prints "<alpha-3> <case rows> <statistics rows>" for each OAS state in the files, those
# with most rows first: cases decide, then figures.
count_members() {
  {
    if [ -n "$cases" ]; then
      count_column "$cases" countryofexploitation | sed 's/^/cases /'
    fi
    if [ -n "$statistics" ]; then
      count_column "$statistics" iso3_code | sed 's/^/statistics /'
    fi
  } | awk -v oas="$oas" '
    BEGIN { n = split(oas, list, /[ \n]+/)
      for (i = 1; i <= n; ++i) { split(list[i], c, ":"); of[c[1]] = c[1]; of[c[2]] = c[1] } }
    ($2 in of) && $1 == "cases" { cases[of[$2]] += $3; all[of[$2]] = 1 }
    ($2 in of) && $1 == "statistics" { figures[of[$2]] += $3; all[of[$2]] = 1 }
    END { for (code in all) printf "%s %d %d\n", code, cases[code], figures[code] }' |
    sort -k2,2nr -k3,3nr -k1,1
}

# ---------------------------------------------------------------------------------------
# Nodes as processes. A node of ours is known by its pid file and its own command line.
pid_of() {  # jurisdiction; prints the pid of a running node
  local pid
  pid=$(cat "$dir/$1/pid" 2>/dev/null) || return 1
  [[ "$pid" =~ ^[0-9]+$ ]] || return 1
  tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -qF -- "$dir/$1/node.yaml" || return 1
  echo "$pid"
}

stop_node() {  # jurisdiction
  local pid
  pid=$(pid_of "$1") || { rm -f "$dir/$1/pid"; return 0; }
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 150); do
    pid_of "$1" >/dev/null || { rm -f "$dir/$1/pid"; return 0; }
    sleep 0.1
  done
  say "$1 did not end in 15 s and is killed"
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$dir/$1/pid"
}

stop_all() {
  local folder
  for folder in "$dir"/???/; do
    [ -f "$folder/pid" ] && stop_node "$(basename "$folder")"
  done
  return 0
}

any_runs() {
  local folder
  for folder in "$dir"/???/; do
    pid_of "$(basename "$folder")" >/dev/null && return 0
  done
  return 1
}

marker=.enlace-quickstart
if [ "$stop" = yes ]; then
  if ! any_runs; then
    echo "nothing is running in $dir"
    exit 0
  fi
  stop_all
  echo "stopped; the data stays in $dir"
  exit 0
fi

finish() {
  local code=$?
  trap - EXIT INT TERM
  if [ "$code" -ne 0 ] && [ "$begun" = yes ]; then
    for log in "$dir"/???/log; do
      [ -f "$log" ] && { echo "-- last lines of $log" >&2; tail -n 5 "$log" >&2; }
    done
    stop_all
    printf '\n== quickstart FAILED after %d s\n' "$((SECONDS - started))" >&2
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# ---------------------------------------------------------------------------------------
# What was given, before anything is installed, built or written.

# Prints what a file holds by its header: cases, statistics or unknown.
kind_of() {  # file
  awk "$csv_fields"'
    NR == 1 { sub(/\r$/, ""); sub(/^\357\273\277/, ""); n = fields($0, f); kind = "unknown"
      for (i = 1; i <= n; ++i) {
        if (tolower(f[i]) == "countryofexploitation") kind = "cases"
        if (tolower(f[i]) == "iso3_code") kind = "statistics"
      }
      print kind; exit }' "$1"
}
check_file() {  # option, kind expected, file
  local kind
  [ -n "$3" ] || return 0
  if [ ! -f "$3" ] || [ ! -r "$3" ]; then die "$1: cannot read $3"; fi
  kind=$(kind_of "$3")
  case "$kind" in
    "$2") ;;
    cases) die "$1: $3 holds case records, by its header; give it with --cases" ;;
    statistics) die "$1: $3 holds official figures, by its header; give it with --statistics" ;;
    *) die "$1: the header of $3 is of no known format; \`enlace intake formats\` tells which" ;;
  esac
}
check_file --cases cases "$cases"
check_file --statistics statistics "$statistics"

states=()
check_states() {
  local state
  IFS=, read -r -a states <<<"$members"
  for state in "${states[@]}"; do
    [[ "$state" =~ ^[A-Z]{3}$ && " ${oas//$'\n'/ }" == *" $state:"* ]] ||
      die "--jurisdictions: '$state' is no alpha-3 code of a member state of the OAS"
  done
  [ "$(printf '%s\n' "${states[@]}" | sort -u | wc -l)" -eq ${#states[@]} ] ||
    die "--jurisdictions names one twice"
}
[ -z "$members" ] || check_states

if [ -z "$bin" ]; then
  step "packages"
  deploy/install-deps.sh --product
  step "build (the first one takes some minutes)"
  export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
  mkdir -p build
  cmake --preset release > build/release.configure.log 2>&1 ||
    { cat build/release.configure.log >&2; die "configuring failed"; }
  cmake --build build/release -j "$(nproc)" --target enlaced enlace
  bin=$root/build/release/bin
fi
for program in enlaced enlace; do
  [ -x "$bin/$program" ] || die "--bin: no program $bin/$program"
done

# ---------------------------------------------------------------------------------------
step "members"
counted=''
if [ -n "$cases$statistics" ]; then
  counted=$(count_members)
  [ -n "$counted" ] || die "no row of an OAS state in the files"
fi
if [ -z "$members" ]; then
  members=ARG,BRA,TTO
  if [ -n "$counted" ]; then
    members=$(head -n 3 <<<"$counted" | cut -d' ' -f1 | paste -sd,)
    [ "$(wc -l <<<"$counted")" -ge 3 ] ||
      say "the files have rows of no other OAS state; name more members with --jurisdictions"
  fi
  check_states
fi
say "network demo: ${states[*]} and the secretariat, OAS"
if [ -n "$counted" ]; then
  while read -r code case_rows figure_rows; do
    if [[ ",$members," == *",$code,"* ]]; then
      say "$code: $case_rows case rows, $figure_rows figure rows"
    else
      left="${left:+$left, }$code ($case_rows, $figure_rows)"
    fi
  done <<<"$counted"
  [ -z "${left:-}" ] || fold -s -w 88 <<<"left out (case rows, figure rows): $left" | sed 's/^/   /'
  say_foreign() {  # file, column that names the state, what its rows are
    [ -n "$1" ] || return 0
    count_column "$1" "$2" | awk -v oas=" ${oas//[$'\n':]/ } " -v what="$3" '
      { all += $NF }
      index(oas, " " $1 " ") { next }
      $1 ~ /^[A-Z][A-Z][A-Z]?$/ { other += $NF; next }
      { none += $NF }
      END { if (other + none)
        printf "   left out as well: of %d %s rows %d are of a country outside the OAS, " \
          "%d name none\n", all, what, other, none }'
  }
  say_foreign "$cases" countryofexploitation case
  say_foreign "$statistics" iso3_code figure
fi
nodes=("${states[@]}" OAS)

# ---------------------------------------------------------------------------------------
step "a place for everything: $dir"
if [ -e "$dir" ] && [ ! -f "$dir/$marker" ] && [ -n "$(ls -A "$dir" 2>/dev/null)" ]; then
  die "--dir: $dir is not empty and not ours; name another"
fi
begun=yes
if [ -f "$dir/$marker" ]; then
  stop_all
  find "$dir" -mindepth 1 -delete
fi
mkdir -p "$dir"
touch "$dir/$marker"
# A Unix socket's path has a limit; a deep checkout may be beyond it.
sockets=$dir
if [ ${#dir} -gt 80 ]; then
  sockets=$(mktemp -d)
  say "admin sockets are in $sockets, since paths of sockets must be short"
fi

domain_of() { echo "${1,,}.demo"; }
ca_of() { echo "$dir/$1/ca"; }

# role, path in the identity. Two people for releases; two agencies that hand in data.
identities_of() {
  printf '%s\n' "contributor entity/police/records" \
    "contributor entity/statistics-office/registry" "analyst person/analyst" \
    "coordinator person/coordinator" "approver person/approver" "auditor person/auditor" \
    "partner partner/observatory"
  [ "$1" != OAS ] || echo "secretariat person/secretariat"
}
prefix_of() { echo "$dir/$1/pki/${2//\//-}"; }  # jurisdiction, path in the identity

step "authorities and certificates: one authority for each jurisdiction"
make_pki() {  # jurisdiction
  local role path
  deploy/pki/make-ca.sh --network demo --jurisdiction "$1" --out "$(ca_of "$1")"
  deploy/pki/issue.sh --ca "$(ca_of "$1")" --uri "spiffe://$(domain_of "$1")/node" \
    --host localhost --host 127.0.0.1 --out "$(prefix_of "$1" node)"
  while read -r role path; do
    deploy/pki/issue.sh --ca "$(ca_of "$1")" --uri "spiffe://$(domain_of "$1")/$path" \
      --out "$(prefix_of "$1" "$path")"
  done < <(identities_of "$1")
}
for node in "${nodes[@]}"; do make_pki "$node"; done
say "$(find "$dir" -name '*.crt' | wc -l) certificates"

# ---------------------------------------------------------------------------------------
declare -A port key
free_port() {  # a port below the range that the system hands out by itself
  local candidate
  while true; do
    candidate=$((20000 + RANDOM % 12000))
    [[ " ${port[*]:-} " != *" $candidate "* ]] || continue
    (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null || { echo "$candidate"; return; }
  done
}

write_config() {  # jurisdiction, with peers once all keys are known
  local other
  {
    cat <<CONFIG
network: demo
jurisdiction: $1
data_dir: data
anchor_path: anchor/anchor
listen: 127.0.0.1:${port[$1]}
admin_socket: $sockets/$1/admin.sock
tls: {certificate_file: pki/node.crt, private_key_file: pki/node.key}
codelists_dir: $root/config/codelists
policy_file: $root/config/policy.yaml
public_endpoint: 127.0.0.1:${port[$1]}
institution:
  en: Demonstration node of $1
  es: Nodo de demostración de $1
  fr: Nœud de démonstration de $1
  pt: Nó de demonstração de $1
federation: {pull_interval_ms: 500}
roster: [$(printf '%s\n' "${states[@]}" | paste -sd, | sed 's/,/, /g')]
trust:
CONFIG
    for other in "${nodes[@]}"; do
      echo "  - {jurisdiction: $other, bundle_file: $(ca_of "$other")/ca.crt}"
    done
    if [ -n "${key[OAS]:-}" ] && [ ${#key[@]} -eq ${#nodes[@]} ]; then
      echo "peers:"
      for other in "${nodes[@]}"; do
        [ "$other" = "$1" ] ||
          echo "  - {jurisdiction: $other, endpoint: 127.0.0.1:${port[$other]}," \
            "channel_key: \"${key[$other]}\"}"
      done
    fi
  } > "$dir/$1/node.yaml"
}

step "init: a data directory, keys and empty signed channels for each node"
init_node() {  # jurisdiction
  local pinned=()
  [ "$1" = OAS ] || pinned=(--secretariat-key "${key[OAS]}")
  mkdir -p "$sockets/$1"
  write_config "$1"
  "$bin/enlaced" init --config "$dir/$1/node.yaml" "${pinned[@]}" > "$dir/$1/init.txt"
  key[$1]=$(sed -n 's/^channel_key: //p' "$dir/$1/init.txt")
  say "$1 signs with ${key[$1]}"
}
for node in "${nodes[@]}"; do port[$node]=$(free_port); done
init_node OAS
for node in "${states[@]}"; do init_node "$node"; done

# ---------------------------------------------------------------------------------------
step "serve: ${#nodes[@]} nodes"
launch_node() {  # jurisdiction
  local folder=$dir/$1
  rm -f "$folder/ready"
  # A session of its own: it outlives this script only when asked to.
  setsid "$bin/enlaced" serve --config "$folder/node.yaml" --ready-file "$folder/ready" \
    < /dev/null >> "$folder/log" 2>&1 &
  echo $! > "$folder/pid"
}
await_node() {  # jurisdiction; false when its port was taken meanwhile
  local folder=$dir/$1 pid
  pid=$(cat "$folder/pid")
  for _ in $(seq 600); do
    [ ! -f "$folder/ready" ] || { say "$1 listens on $(cat "$folder/ready")"; return 0; }
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  grep -q LISTEN_FAILED "$folder/log" && return 1
  die "$1 did not start"
}
start_all() {
  local node
  for node in "${nodes[@]}"; do launch_node "$node"; done
  for node in "${nodes[@]}"; do await_node "$node" || return 1; done
}
for attempt in 1 2 3; do
  for node in "${nodes[@]}"; do write_config "$node"; done
  if start_all; then break; fi
  [ "$attempt" -lt 3 ] || die "no free ports"
  say "a port was taken in between; choosing others"
  stop_all
  for node in "${nodes[@]}"; do port[$node]=$(free_port); : > "$dir/$node/log"; done
done

write_network() {
  local node role path separator=''
  echo '{"network": "demo", "nodes": ['
  for node in "${nodes[@]}"; do
    printf '%s  {"jurisdiction": "%s", "endpoint": "%s", "node_uri": "%s", "pid": %s,\n' \
      "$separator" "$node" "127.0.0.1:${port[$node]}" "spiffe://$(domain_of "$node")/node" \
      "$(cat "$dir/$node/pid")"
    printf '   "config": "%s", "data_dir": "%s", "admin_socket": "%s",\n' \
      "$dir/$node/node.yaml" "$dir/$node/data" "$sockets/$node/admin.sock"
    printf '   "ca_cert": "%s", "ca_key": "%s", "channel_key": "%s",\n   "identities": [' \
      "$(ca_of "$node")/ca.crt" "$(ca_of "$node")/ca.key" "${key[$node]}"
    separator=''
    while read -r role path; do
      printf '%s\n    {"role": "%s", "uri": "%s", "cert": "%s", "key": "%s"}' "$separator" \
        "$role" "spiffe://$(domain_of "$node")/$path" "$(prefix_of "$node" "$path").crt" \
        "$(prefix_of "$node" "$path").key"
      separator=,
    done < <(identities_of "$node")
    printf ']}'
    separator=$',\n'
  done
  printf '\n]}\n'
}
write_network > "$dir/network.json"

# ---------------------------------------------------------------------------------------
# Everything from here on goes through the nodes' doors, as people and agencies would.
profile_of() { echo "$dir/$1/profiles/${2//\//-}.yaml"; }  # jurisdiction, path in the identity
write_profiles() {  # jurisdiction
  local role path
  mkdir -p "$dir/$1/profiles"
  while read -r role path; do
    cat > "$(profile_of "$1" "$path")" <<PROFILE
# $role of $1
endpoint: 127.0.0.1:${port[$1]}
certificate: $(prefix_of "$1" "$path").crt
private_key: $(prefix_of "$1" "$path").key
trust_bundle: $(ca_of "$1")/ca.crt
node_uri: spiffe://$(domain_of "$1")/node
config_dir: $root/config
PROFILE
  done < <(identities_of "$1")
}
for node in "${nodes[@]}"; do write_profiles "$node"; done

# Exit code 3 says that nobody answered in time, as happens on a busy machine. Every command
# used here may be repeated: it reads, or carries an id by which the node knows it again.
enlace_as() {  # jurisdiction, path in the identity, command...
  local profile code try
  profile=$(profile_of "$1" "$2")
  shift 2
  for try in 1 2 3 4 5; do
    code=0
    "$bin/enlace" --profile "$profile" "$@" || code=$?
    [ "$code" -eq 3 ] || return "$code"
    sleep "$try"
  done
  return 3
}

# ---------------------------------------------------------------------------------------
if [ -n "$cases$statistics" ]; then
  step "import: two agencies of each state hand in their files"
else
  step "import: two agencies of each state hand in invented files"
fi
police=entity/police/records
office=entity/statistics-office/registry
import() {  # jurisdiction, path in the identity, cases|statistics, file
  local out=$dir/$1/import-$3.txt
  # Exit code 6 says that all went through and there is something to look at.
  enlace_as "$1" "$2" "$3" import "$4" --receipt "$dir/$1/receipt-$3.csv" > "$out" 2>&1 ||
    [ $? -eq 6 ] || { cat "$out" >&2; die "the import of $3 for $1 failed"; }
  say "$1 $3:"
  grep . "$out" | sed 's/^/      /'
}
if [ -z "$cases$statistics" ]; then
  "$bin/enlace" demo-data --config-dir "$root/config" --jurisdictions "$members" \
    --out "$dir/invented" > /dev/null
fi
for state in "${states[@]}"; do
  case_file=$cases figure_file=$statistics
  if [ -z "$cases$statistics" ]; then
    case_file=$dir/invented/invented-cases-$state.csv
    figure_file=$dir/invented/invented-statistics-$state.csv
  fi
  [ -z "$case_file" ] || import "$state" "$police" cases "$case_file"
  [ -z "$figure_file" ] || import "$state" "$office" statistics "$figure_file"
done

# ---------------------------------------------------------------------------------------
step "programmes: training and awareness in four languages, open to the network"
files=(config/demo/programmes/*.yaml)
for index in "${!states[@]}"; do
  state=${states[$index]}
  for ((at = index % ${#files[@]}; at < ${#files[@]}; at += ${#states[@]})); do
    id=$(basename "${files[$at]}" .yaml)
    enlace_as "$state" person/coordinator programmes create "${id#*-}" --file "${files[$at]}" \
      --audience network --request-id "$(cat /proc/sys/kernel/random/uuid)" > /dev/null
    say "$state published ${id#*-}"
  done
done

# ---------------------------------------------------------------------------------------
step "releases: prepared by one person, read and approved by another, then published"
release() {  # jurisdiction, statistics|cases
  local text=$dir/$1/release-$2.txt name hash
  if ! enlace_as "$1" person/coordinator releases prepare --source "$2" \
    --request-id "$(cat /proc/sys/kernel/random/uuid)" \
    > "$text" 2> "$text.err"; then
    # One population of one period is let out once, by one method: an observer of two
    # counts of the same people could compute what each of them hides.
    if grep -q RELEASE_METHOD_TAKEN "$text.err"; then
      say "$1 $2: kept back, as is right: the official figures of these years are released, and"
      say "  a second table of the same people would tell what each of the two hides"
    elif grep -q RELEASE_EMPTY "$text.err"; then
      say "$1 $2: nothing to release"
    else
      cat "$text.err" >&2
      die "no release of $2 for $1"
    fi
    return 0
  fi
  name=$(sed -n 's/^name  *//p' "$text")
  # The approver reads it anew: the hash is of what this person saw.
  enlace_as "$1" person/approver releases review "$name" > "$text"
  hash=$(sed -n 's/^content hash  *//p' "$text")
  enlace_as "$1" person/approver releases approve "$name" --hash "$hash" > /dev/null
  enlace_as "$1" person/coordinator releases publish "$name" --yes > "$text" 2> "$text.err" ||
    { cat "$text.err" >&2; die "$name was not published"; }
  released=$((released + 1))
  say "$1 $2:"
  grep -E '^(years|figures with a value|suppressed|in conflict)' "$text" | sed 's/^/      /'
}
released=0
for state in "${states[@]}"; do
  release "$state" statistics
  release "$state" cases
done
[ "$released" -gt 0 ] || die "nothing was released"

# ---------------------------------------------------------------------------------------
step "mirrors: the secretariat holds every entry of every state"
sizes() {  # the node to ask, whose channels: "<channel> <entries>" lines
  enlace_as "$1" person/auditor channels list --output csv |
    awk -F, -v of="demo/$2/" 'index($1, of) == 1 { print $1, $3 }'
}
wait_for_mirrors() {  # the node that mirrors
  local state own
  for state in "${nodes[@]}"; do
    [ "$state" != "$1" ] || continue
    own=$(sizes "$state" "$state")
    for _ in $(seq 240); do
      [ "$(sizes "$1" "$state")" != "$own" ] || continue 2
      sleep 0.25
    done
    die "$1 did not get all of $state's channels in a minute"
  done
}
wait_for_mirrors OAS
sizes_of_all=$(for state in "${states[@]}"; do sizes OAS "$state"; done)
sed 's/^/   /' <<<"$sizes_of_all"

# ---------------------------------------------------------------------------------------
# Two tables out of regional.csv: detected victims in all by year, and what became of each
# figure. A figure that is no number keeps its own mark: nothing is added up, nothing is 0.
print_report() {  # regional.csv
  awk "$csv_fields"'
    BEGIN { split("suppressed s suppressed_by_source src below_floor low in_conflict con " \
                  "missing mis not_collected nc not_applicable na unknown unk", pairs, " ")
      for (i = 1; i in pairs; i += 2) short[pairs[i]] = pairs[i + 1] }
    { sub(/\r$/, ""); n = fields($0, f) }
    NR == 1 { for (i = 1; i <= n; ++i) at[f[i]] = i; next }
    { who = f[at["jurisdiction"]]; status = f[at["status"]]
      if (!(who in seen)) { seen[who] = 1; order[++states] = who }
      if (!(status in marks)) { marks[status] = 1; words[++kinds] = status }
      ++count[who, status]
      total = f[at["category"]] == "Total" && f[at["sex"]] == "Total" && f[at["age"]] == "Total"
      if (f[at["indicator"]] != "Detected trafficking victims" ||
          f[at["dimension"]] != "Total" || !total) next
      year = f[at["year"]] + 0
      if (year > last) last = year
      if (status != "value" && !(status in told)) {
        told[status] = 1
        legend = legend sprintf(", (%s) is %s", short[status], status)
        gsub(/_/, " ", legend)
      }
      cell[who, year] = status == "value" ? f[at["value"]] : "(" short[status] ")" }
    END {
      if (last) {
        print "\n   Detected victims in all, as each state has released them"
        print "   \".\" is no figure" legend
        printf "   %-6s", "STATE"
        for (year = last - 9; year <= last; ++year) printf " %7d", year
        for (i = 1; i <= states; ++i) {
          printf "\n   %-6s", order[i]
          for (year = last - 9; year <= last; ++year)
            printf " %7s", (order[i], year) in cell ? cell[order[i], year] : "."
        }
        print ""
      }
      print "\n   Figures of the report by what they say"
      printf "   %-6s", "STATE"
      for (k = 1; k <= kinds; ++k) printf " %20s", words[k]
      for (i = 1; i <= states; ++i) {
        printf "\n   %-6s", order[i]
        for (k = 1; k <= kinds; ++k) printf " %20d", count[order[i], words[k]]
      }
      print ""
    }' "$1"
}

step "report: the regional picture, made by the secretariat from signed releases alone"
report=$dir/report
enlace_as OAS person/secretariat reports regional --out "$report" > /dev/null
enlace_as OAS person/secretariat reports verify "$report/regional.csv" | sed 's/^/   /'
print_report "$report/regional.csv"

# ---------------------------------------------------------------------------------------
step "verify: every node reads every entry of every channel again"
for node in "${nodes[@]}"; do
  wait_for_mirrors "$node"
  enlace_as "$node" person/auditor channels verify --output csv > "$dir/$node/verify.csv" ||
    die "$node: a channel does not prove itself: $dir/$node/verify.csv"
  say "$node: $(($(wc -l < "$dir/$node/verify.csv") - 1)) channels verified"
done

# ---------------------------------------------------------------------------------------
if [ "$keep" = yes ]; then
  step "the network keeps running"
  cat <<NEXT
   bin=$bin
   The catalogue, as a partner sees it:
     \$bin/enlace --profile $(profile_of "${states[0]}" partner/observatory) programmes list
   A release, as its approver sees it:
     \$bin/enlace --profile $(profile_of "${states[0]}" person/approver) releases list
   The operator's view:
     \$bin/enlace --admin-socket $sockets/OAS/admin.sock node peers
   All identities: $dir/network.json
   Stop it: deploy/quickstart.sh --dir $dir --stop
NEXT
else
  step "stop"
  stop_all
  for node in "${nodes[@]}"; do
    "$bin/enlaced" verify --config "$dir/$node/node.yaml" > "$dir/$node/verify.txt" ||
      { cat "$dir/$node/verify.txt" >&2; die "$node: its store does not verify"; }
  done
  say "all stopped, and every store verified on disk; run it with --keep to look around"
fi
printf '\n== quickstart OK after %d s\n   report: %s\n' "$((SECONDS - started))" \
  "$report/regional.html"
