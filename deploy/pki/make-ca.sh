#!/usr/bin/env bash
# Makes the certificate authority of one jurisdiction in one network.
#
# Usage: deploy/pki/make-ca.sh --network NET --jurisdiction ARG --out DIR [--days 3650]
# Writes DIR/ca.key (mode 600: keep it off the node, best on a machine without network)
# and DIR/ca.crt, the trust anchor that other nodes get as this jurisdiction's bundle.
# Refuses to overwrite. Needs only the openssl program.
set -euo pipefail
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
wrong() { echo "make-ca.sh: $*; see --help" >&2; exit 2; }

network="" jurisdiction="" out="" days=3650
while [ $# -gt 0 ]; do
  case "$1" in
    --help|-h) usage; exit 0 ;;
    --network|--jurisdiction|--out|--days)
      [ -n "${2:-}" ] || wrong "$1 needs a value" ;;
    *) wrong "unknown option $1" ;;
  esac
  case "$1" in
    --network) network=$2 ;;
    --jurisdiction) jurisdiction=$2 ;;
    --out) out=$2 ;;
    --days) days=$2 ;;
  esac
  shift 2
done
[[ "$network" =~ ^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$ ]] || wrong "bad --network"
[[ "$jurisdiction" =~ ^[A-Z]{3}$ ]] || wrong "bad --jurisdiction"
[[ "$days" =~ ^[0-9]{1,5}$ ]] || wrong "bad --days"
[ -n "$out" ] || wrong "--out is needed"
if [ -e "$out/ca.key" ] || [ -e "$out/ca.crt" ]; then
  echo "$out holds an authority already; nothing was changed" >&2
  exit 1
fi

umask 077
mkdir -p "$out"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$out/ca.key" 2>/dev/null
openssl req -x509 -new -key "$out/ca.key" -sha256 -days "$days" -out "$out/ca.crt" \
  -config /dev/stdin <<CONFIG
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
O = Enlace $network
CN = $jurisdiction authority
[extensions]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
CONFIG
chmod 644 "$out/ca.crt"
