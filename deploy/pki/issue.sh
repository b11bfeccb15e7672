#!/usr/bin/env bash
# Issues one certificate that carries exactly one Enlace identity.
#
# Usage: deploy/pki/issue.sh --ca DIR --uri URI --out PREFIX [--host NAME]... [--csr FILE]
#                            [--days 397]
#   --ca DIR     as made by make-ca.sh
#   --uri URI    spiffe://<jurisdiction>.<network>/node, /entity/<id>/<system>,
#                /person/<id> or /partner/<id>, all lower case
#   --out PREFIX writes PREFIX.crt and, without --csr, PREFIX.key (mode 600)
#   --host NAME  also this host name or IP address, for a node: partner programs whose TLS
#                library insists on it can then connect. Enlace itself looks at URI alone.
#   --csr FILE   certify the key of this request: the holder made it, and keeps it. Nothing
#                but the key is taken from the request.
# Refuses to overwrite. Needs only the openssl program. Check that the person or system is
# who it claims to be before you run this: the certificate is all that a node asks for.
set -euo pipefail
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
wrong() { echo "issue.sh: $*; see --help" >&2; exit 2; }

ca="" uri="" out="" csr="" days=397 hosts=()
while [ $# -gt 0 ]; do
  case "$1" in
    --help|-h) usage; exit 0 ;;
    --ca|--uri|--out|--csr|--host|--days)
      [ -n "${2:-}" ] || wrong "$1 needs a value" ;;
    *) wrong "unknown option $1" ;;
  esac
  case "$1" in
    --ca) ca=$2 ;;
    --uri) uri=$2 ;;
    --out) out=$2 ;;
    --csr) csr=$2 ;;
    --host) hosts+=("$2") ;;
    --days) days=$2 ;;
  esac
  shift 2
done
part='[a-z0-9]([a-z0-9-]*[a-z0-9])?'
path="(node|entity/$part/$part|person/$part|partner/$part)"
[[ "$uri" =~ ^spiffe://[a-z]{3}\.[a-z][a-z0-9-]*/$path$ ]] ||
  wrong "bad --uri"
[[ "$days" =~ ^[0-9]{1,5}$ ]] || wrong "bad --days"
names=URI:$uri
for host in "${hosts[@]}"; do
  if [[ "$host" =~ ^[0-9.]+$ || "$host" =~ ^[0-9a-f]*:[0-9a-f:]+$ ]]; then
    names+=,IP:$host
  elif [[ "$host" =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]]; then
    names+=,DNS:$host
  else
    wrong "bad --host"
  fi
done
if [ -z "$ca" ] || [ -z "$out" ]; then wrong "--ca and --out are needed"; fi
if [ -e "$out.crt" ] || { [ -z "$csr" ] && [ -e "$out.key" ]; }; then
  echo "$out.crt or $out.key is there already; nothing was changed" >&2
  exit 1
fi

umask 077
mkdir -p "$(dirname "$out")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "$csr" ]; then
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$out.key" 2>/dev/null
  openssl req -new -key "$out.key" -subj "/CN=request" -out "$work/request" 2>/dev/null
  csr=$work/request
fi
cat > "$work/extensions" <<EXTENSIONS
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth, serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $names
EXTENSIONS
# The names that a request asks for are dropped: subject and extensions are ours.
subject=${uri#spiffe://*/}
openssl x509 -req -in "$csr" -subj "/CN=${subject//\// }" -CA "$ca/ca.crt" -CAkey "$ca/ca.key" \
  -sha256 -days "$days" \
  -set_serial "0x$(openssl rand -hex 16)" -extfile "$work/extensions" -out "$out.crt" \
  2>"$work/log" ||
  { cat "$work/log" >&2; exit 1; }
chmod 644 "$out.crt"
