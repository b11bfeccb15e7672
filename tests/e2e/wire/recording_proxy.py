"""A proxy between nodes that ends TLS on both sides and records what passes.

It can do so only because a test made every key itself: towards the caller it shows the
called node's certificate, towards the called node the caller's. What it records is, for
each connection and direction, the decrypted bytes as they passed (HTTP/2 frames) and the
contents of each call put together again, so a test can look for bytes that must never
travel and no frame's border can cut them in two.
"""

import select
import socket
import ssl
import threading

CHUNK = 65536
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEADER_BYTES = 9
DATA, PADDED = 0, 0x8


def call_contents(raw):
    """The DATA of each stream of one direction of a connection, in order, without frames."""
    at = len(PREFACE) if raw.startswith(PREFACE) else 0
    streams = {}
    while at + FRAME_HEADER_BYTES <= len(raw):
        size = int.from_bytes(raw[at:at + 3], "big")
        kind, flags = raw[at + 3], raw[at + 4]
        stream = int.from_bytes(raw[at + 5:at + 9], "big") & 0x7FFFFFFF
        body = raw[at + FRAME_HEADER_BYTES:at + FRAME_HEADER_BYTES + size]
        at += FRAME_HEADER_BYTES + size
        if kind == DATA:
            if flags & PADDED:
                body = body[1:len(body) - body[0]]
            streams[stream] = streams.get(stream, b"") + body
    return list(streams.values())


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
    and of everybody else is kept apart.
    """

    def __init__(self, node_uri, identities, anchors_file, target_port):
        self.node_uri = node_uri
        self.identities = identities
        self.anchors_file = anchors_file
        self.target_port = target_port
        self._lock = threading.Lock()
        # Kind of caller -> one buffer for each connection and direction.
        self._records = {"nodes": [], "people": []}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def raw(self, kind):
        """What passed, byte for byte: one item for each connection and direction."""
        with self._lock:
            return [bytes(record) for record in self._records[kind]]

    def calls(self, kind):
        """What calls and answers held: one item for each call and direction."""
        return [content for record in self.raw(kind) for content in call_contents(record)]

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
        records = {inbound: bytearray(), outbound: bytearray()}
        with self._lock:
            self._records[kind].extend(records.values())
        self._relay(inbound, outbound, records)

    def _relay(self, inbound, outbound, records):
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
                    if not self._pass_on(source, peers[source], records[source]):
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
            record.extend(data)
        while data:
            try:
                data = data[sink.send(data):]
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                select.select([], [sink], [], 1)
        return True
