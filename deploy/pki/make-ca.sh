#!/usr/bin/env bash
# Makes the certificate authority of one jurisdiction in one network.
#
# Usage: deploy/pki/make-ca.sh --network NET --jurisdiction ARG --out DIR [--days 3650]
# Writes DIR/ca.key (mode 600: keep it off the node, best on a machine without network)
# and DIR/ca.crt, the trust anchor that other nodes get as this jurisdiction's bundle.
# Refuses to overwrite. Needs only the openssl program.
set -euo pipefail
usage() { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }

network="" jurisdiction="" out="" days=3650
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case "$1" in
    --network) network=$2 ;;
    --jurisdiction) jurisdiction=$2 ;;
    --out) out=$2 ;;
    --days) days=$2 ;;
    *) usage ;;
  esac
  shift 2
done
[[ "$network" =~ ^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$ ]] || { echo "bad --network" >&2; usage; }
[[ "$jurisdiction" =~ ^[A-Z]{3}$ ]] || { echo "bad --jurisdiction" >&2; usage; }
[[ "$days" =~ ^[0-9]{1,5}$ ]] || { echo "bad --days" >&2; usage; }
[ -n "$out" ] || usage
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
