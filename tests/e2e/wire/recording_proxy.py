"""A proxy between nodes that ends TLS on both sides and records what passes.

It can do so only because a test made every key itself: towards the caller it shows the
called node's certificate, towards the called node the caller's. What it records is the
decrypted stream (HTTP/2 frames), so a test can look for bytes that must never travel.
"""

import select
import socket
import ssl
import threading

CHUNK = 65536


def spiffe_uri(tls):
    """The URI name of the verified certificate at the other end."""
    names = tls.getpeercert().get("subjectAltName", ())
    uris = [value for kind, value in names if kind == "URI"]
    if len(uris) != 1:
        raise ssl.SSLError("expected exactly one URI name")
    return uris[0]


class RecordingProxy:
    """Listens on a free loopback port in front of one node.

    `identities` maps a SPIFFE URI to (certificate file, key file) for every caller and for
    the node itself; `anchors_file` holds the anchors of all jurisdictions. Traffic of nodes
    and of everybody else is kept apart in record_prefix + ".nodes" and ".people".
    """

    def __init__(self, node_uri, identities, anchors_file, target_port, record_prefix):
        self.node_uri = node_uri
        self.identities = identities
        self.anchors_file = anchors_file
        self.target_port = target_port
        self._lock = threading.Lock()
        self._records = {kind: open(f"{record_prefix}.{kind}", "wb")
                         for kind in ("nodes", "people")}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()
        with self._lock:
            for record in self._records.values():
                record.flush()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _context(self, purpose, uri):
        context = ssl.SSLContext(purpose)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.anchors_file)
        context.load_cert_chain(*self.identities[uri])
        context.set_alpn_protocols(["h2"])
        return context

    def _serve(self, client):
        inbound = raw = None
        try:
            inbound = self._context(ssl.PROTOCOL_TLS_SERVER, self.node_uri).wrap_socket(
                client, server_side=True)
            caller = spiffe_uri(inbound)
            raw = socket.create_connection(("127.0.0.1", self.target_port), timeout=10)
            raw.settimeout(None)
            outbound = self._context(ssl.PROTOCOL_TLS_CLIENT, caller).wrap_socket(raw)
        except (OSError, ssl.SSLError, KeyError):
            for end in (raw, inbound, client):
                if end is not None:
                    end.close()
            return
        kind = "nodes" if caller.endswith("/node") else "people"
        self._relay(inbound, outbound, self._records[kind])

    def _relay(self, inbound, outbound, record):
        """Passes bytes both ways on one thread (an SSL object is not for two threads)."""
        peers = {inbound: outbound, outbound: inbound}
        for end in peers:
            end.setblocking(False)
        try:
            while True:
                ready = [end for end in peers if end.pending() > 0]
                if not ready:
                    ready, _, _ = select.select(list(peers), [], [])
                for source in ready:
                    if not self._pass_on(source, peers[source], record):
                        return
        except (OSError, ssl.SSLError, ValueError):
            return
        finally:
            for end in peers:
                end.close()

    def _pass_on(self, source, sink, record):
        """Moves what is there; False at the end of the stream."""
        try:
            data = source.recv(CHUNK)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        if not data:
            return False
        with self._lock:
            record.write(data)
            record.flush()
        while data:
            try:
                data = data[sink.send(data):]
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                select.select([], [sink], [], 1)
        return True
