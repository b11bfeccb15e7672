#!/usr/bin/env bash
# Writes the configuration of a HAProxy (2.6, Debian's package) that stands before a node, to
# standard output. docs/OPERATIONS.md, "A front", says when and how.
#
# Usage: deploy/haproxy/make-config.sh --listen ADDR:PORT --certificate FILE.crt --trust PATH
#                                      --socket PATH [--user USER] [--stats PATH]
#                                      [--requests N] [--connections N] [--open N]
#   --listen ADDR:PORT   where others reach the node, such as 0.0.0.0:7443
#   --certificate FILE   the node's certificate chain; the key lies beside it as FILE.key with
#                        .crt taken off: node.crt and node.key, as deploy/pki/issue.sh writes them
#   --trust PATH         the bundles of all jurisdictions that the node trusts: one PEM file, or
#                        a folder of .crt or .pem files
#   --socket PATH        front.socket of the node's configuration
#   --user USER          front.user of the node's configuration: HAProxy is started by root, and
#                        then runs as this user, locked into the socket's folder. Left out: it
#                        runs as whoever starts it
#   --stats PATH         a socket for root, where HAProxy tells its counters and tables
#   --requests N         calls of one certificate in a second; above, it is cut off (500)
#   --connections N      new connections of one address in ten seconds (100)
#   --open N             open connections of one address (200)
set -euo pipefail
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
wrong() { echo "make-config.sh: $*; see --help" >&2; exit 2; }

listen="" certificate="" trust="" socket="" user="" stats="" requests=500 connections=100 open=200
while [ $# -gt 0 ]; do
  case "$1" in
    --help|-h) usage; exit 0 ;;
    --listen|--certificate|--trust|--socket|--user|--stats|--requests|--connections|--open)
      [ $# -ge 2 ] || wrong "$1 needs a value" ;;
    *) wrong "unknown option $1" ;;
  esac
  case "$1" in
    --listen) listen=$2 ;;
    --certificate) certificate=$2 ;;
    --trust) trust=$2 ;;
    --socket) socket=$2 ;;
    --user) user=$2 ;;
    --stats) stats=$2 ;;
    --requests) requests=$2 ;;
    --connections) connections=$2 ;;
    --open) open=$2 ;;
  esac
  shift 2
done
# What is written into the file must not be able to say more than it is asked for.
[[ "$listen" =~ ^[][0-9a-zA-Z.:-]+:[0-9]{1,5}$ ]] || wrong "bad --listen"
for path in "$certificate" "$trust" "$socket" ${stats:+"$stats"}; do
  [[ "$path" =~ ^/[0-9a-zA-Z._/-]+$ ]] ||
    wrong "expected a plain absolute path: $path"
done
[[ "$certificate" == *.crt ]] || wrong "expected --certificate FILE.crt"
[[ "$user" =~ ^[a-z0-9_-]*$ ]] || wrong "bad --user"
for number in "$requests" "$connections" "$open"; do
  [[ "$number" =~ ^[1-9][0-9]{0,6}$ ]] || wrong "expected a number above 0: $number"
done
for file in "$certificate" "${certificate%.crt}.key" "$trust"; do
  [ -e "$file" ] || { echo "no such file: $file" >&2; exit 1; }
done

privileges="" target=$socket
if [ -n "$user" ]; then
  group=$(id -gn "$user")
  # The folder holds the socket and nothing else, and the front cannot write there.
  privileges="
    user $user
    group $group
    chroot $(dirname "$socket")"
  target=/$(basename "$socket")
fi
if [ -n "$stats" ]; then
  privileges="$privileges
    stats socket $stats mode 600 level operator"
fi

cat <<CONFIG
# Made by deploy/haproxy/make-config.sh; make it again instead of changing it.
global
    log stdout format raw local0 notice$privileges
    maxconn 2000
    # node.crt and node.key side by side.
    ssl-load-extra-del-ext
    # A resumed session shows no chain, so none is resumed.
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
    tune.ssl.cachesize 0
    tune.ssl.default-dh-param 2048
    tune.http.maxhdr 64
    tune.h2.max-concurrent-streams 64

defaults
    mode http
    log global
    # No header is ever logged, and of calls only the one with which a certificate passed its rate:
    # who called what is the node's to record, and a flood must not fill a disk.
    option dontlognull
    option log-separate-errors
    log-format "above its rate: %ci, certificate SHA-1 %[ssl_c_sha1,hex]"
    timeout connect 5s
    timeout http-request 10s
    timeout http-keep-alive 300s
    # Of silence where the caller has to speak: in the handshake, and within a request. A node
    # gives a call two minutes.
    timeout client 15s
    timeout server 180s
    retries 3
    # What HAProxy itself answers while the node is away: UNAVAILABLE, in the form of gRPC.
    http-error status 500 hdr grpc-status 14
    http-error status 502 hdr grpc-status 14
    http-error status 503 hdr grpc-status 14
    http-error status 504 hdr grpc-status 14

frontend network
    # Who holds no certificate of a known authority is shut out here. Whose certificate it is,
    # whether it was revoked, and what it may do, the node decides for each call.
    bind $listen ssl crt $certificate ca-file $trust verify required alpn h2 proto h2
    # Before TLS.
    tcp-request connection track-sc0 src table addresses
    tcp-request connection reject if { sc_conn_rate(0) gt $connections }
    tcp-request connection reject if { sc_conn_cur(0) gt $open }
    # After TLS: what is above the rate of its certificate never reaches the node. It ends its
    # connection, unless the caller has cancelled it already, and new connections of that
    # certificate are closed until the rate has fallen.
    acl above_rate ssl_c_der,sha2(256),table_http_req_rate(certificates) gt $requests
    tcp-request session reject if above_rate
    http-request track-sc1 ssl_c_der,sha2(256) table certificates
    http-request set-log-level silent if !{ sc_http_req_rate(1) eq $((requests + 1)) }
    http-request reject if { sc_http_req_rate(1) gt $requests }
    http-request reject if !{ method POST } || { req.hdrs,length gt 8192 }
    # What the caller wrote under these names is gone before the truth is put there.
    http-request del-header x-enlace- -m beg
    http-request set-header x-enlace-certificate %[ssl_c_der,base64]
    acl has_chain ssl_c_chain_der -m found
    http-request set-header x-enlace-certificate-chain %[ssl_c_chain_der,base64] if has_chain
    default_backend node

backend node
    # One connection behind the front carries the calls of one connection before it: never two
    # identities.
    http-reuse never
    server node unix@$target proto h2

backend addresses
    stick-table type ipv6 size 100k expire 60s store conn_rate(10s),conn_cur

backend certificates
    stick-table type binary len 32 size 10k expire 60s store http_req_rate(1s)
CONFIG
