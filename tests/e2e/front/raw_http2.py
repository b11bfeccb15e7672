"""HTTP/2 frames by hand, over TLS with any certificate: what no well-behaved library sends."""

import select
import socket
import ssl
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, CONTINUATION = 0, 1, 3, 4, 7, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
CANCEL = 8


def frame(kind, flags, stream, body=b""):
    head = struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream)
    return head + body


def header_block(headers):
    """Literals that enter no table, so that the same bytes mean the same on every stream."""
    def text(value):
        raw = value if isinstance(value, bytes) else value.encode()
        if len(raw) < 127:
            return bytes([len(raw)]) + raw
        size, rest = b"\x7f", len(raw) - 127
        while rest >= 0x80:
            size += bytes([rest & 0x7F | 0x80])
            rest >>= 7
        return size + bytes([rest]) + raw
    return b"".join(b"\x00" + text(name) + text(value) for name, value in headers)


def grpc_headers(path, more=()):
    return [(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "node"),
            ("content-type", "application/grpc"), ("te", "trailers"), *more]


def message(body):
    """One gRPC message, not compressed."""
    return b"\x00" + struct.pack(">I", len(body)) + body


class Connection:
    """One TLS connection that has said hello in HTTP/2."""

    def __init__(self, port, certificate=None, key=None, address="127.0.0.1", alpn=("h2",),
                 context=None, session=None):
        self.context = context or self._context(certificate, key, alpn)
        plain = socket.create_connection(("127.0.0.1", port), timeout=10,
                                         source_address=(address, 0))
        self.tls = None
        try:
            self.tls = self.context.wrap_socket(plain, session=session)
            self.tls.sendall(PREFACE + frame(SETTINGS, 0, 0))
        except OSError:
            (self.tls or plain).close()
            raise
        self.seen = b""

    @staticmethod
    def _context(certificate, key, alpn):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(list(alpn))
        if certificate is not None:
            context.load_cert_chain(certificate, key)
        return context

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tls.close()

    def send(self, data):
        self.tls.sendall(data)

    def frames(self, limit_seconds=10):
        """Whole frames as they come, until the other side ends or nothing comes."""
        until = time.monotonic() + limit_seconds
        while True:
            while len(self.seen) >= 9:
                size = int.from_bytes(self.seen[:3], "big")
                if len(self.seen) < 9 + size:
                    break
                kind, flags = self.seen[3], self.seen[4]
                stream = int.from_bytes(self.seen[5:9], "big") & 0x7FFFFFFF
                body, self.seen = self.seen[9:9 + size], self.seen[9 + size:]
                yield kind, flags, stream, body
            left = until - time.monotonic()
            if left <= 0:
                raise AssertionError("nothing came in time")
            self.tls.settimeout(left)
            try:
                data = self.tls.recv(65536)
            except (ConnectionError, ssl.SSLError):
                return
            if not data:
                return
            self.seen += data

    def ended(self, limit_seconds=10):
        """Waits until the other side has ended the connection."""
        for _ in self.frames(limit_seconds):
            pass
        return True


def flood_of_resets(connection, block, streams, first=1, batch=200):
    """Opens `streams` streams and cancels each at once; the number sent before the end came."""
    reset = struct.pack(">I", CANCEL)
    sent = 0
    try:
        while sent < streams:
            out = []
            for _ in range(min(batch, streams - sent)):
                stream = first + 2 * sent
                out.append(frame(HEADERS, END_HEADERS, stream, block))
                out.append(frame(RST_STREAM, 0, stream, reset))
                sent += 1
            connection.send(b"".join(out))
            # What comes back must not fill up, or both sides would wait.
            while select.select([connection.tls], [], [], 0)[0]:
                if not connection.tls.recv(65536):
                    return sent
    except OSError:
        return sent
    return sent
