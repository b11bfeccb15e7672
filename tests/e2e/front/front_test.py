"""A node behind HAProxy: who calls is decided by the node, floods end at the front, and a forged
header does nothing anywhere. Everything through real processes and real certificates."""

import base64
import os
import pathlib
import re
import secrets
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # Refused connections are expected here.
import grpc  # noqa: E402

import deployment
import raw_http2
from deployment import Deployment, cpu_seconds, resident_kib, wait_for
from raw_http2 import (CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, Connection,
                       flood_of_resets, frame, grpc_headers, header_block, message)

SKIPPED = 77
GET_CASE = "/enlace.exchange.v1.CaseService/GetCaseRecord"
LEAF, CHAIN = "x-enlace-certificate", "x-enlace-certificate-chain"
# Attackers come from addresses of their own, since the front counts connections by address.
FLOOD_SECONDS = 4


def new_case():
    """A name that nothing else in this test has, and the request for it."""
    name = f"jurisdictions/ARG/cases/{secrets.token_hex(16)}".encode()
    return name, b"\x0a" + bytes([len(name)]) + name


class Answer:
    def __init__(self, code, reason, text):
        self.code, self.reason, self.text = code, reason, text

    def __eq__(self, other):
        return (self.code, self.reason) == (other.code, other.reason)

    def __repr__(self):
        return f"{self.code} {self.reason} {self.text}"


class Caller:
    """A well-behaved client with one certificate and one connection."""

    def __init__(self, files, anchor, port):
        certificate, key = (pathlib.Path(name).read_bytes() for name in files)
        self.channel = grpc.secure_channel(
            f"127.0.0.1:{port}", grpc.ssl_channel_credentials(anchor, key, certificate),
            options=[("grpc.ssl_target_name_override", "localhost"),  # A bare system has no hosts.
                     ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0),
                     ("grpc.initial_reconnect_backoff_ms", 100),
                     ("grpc.max_reconnect_backoff_ms", 200)])
        self.method = self.channel.unary_unary(GET_CASE)

    def get(self, request=None, headers=()):
        try:
            self.method(request or new_case()[1], metadata=headers, timeout=20)
            return Answer(grpc.StatusCode.OK, "", "")
        except grpc.RpcError as error:
            details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
            found = re.search(rb"\x0a.([A-Z][A-Z0-9_]+)\x12\x06enlace", details)
            return Answer(error.code(), found.group(1).decode() if found else "", error.details())


# A certified caller is told that there is no such case: it was let in and identified.
SERVED = Answer(grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND", "")
DENIED = Answer(grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED", "")
GONE = grpc.StatusCode.UNAVAILABLE


class FrontTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.there = Deployment()
        cls.addClassCleanup(cls.there.close)
        cls.there.start_node("ARG")
        cls.there.start_front()
        cls.anchor = (cls.there.work / "arg/ca.crt").read_bytes()

    def caller(self, name, port=None):
        caller = Caller(self.there.files(name), self.anchor, port or self.there.port)
        self.addCleanup(caller.channel.close)
        return caller

    def direct(self, name):
        return self.caller(name, self.there.node_ports["ARG"])

    def header_of(self, name):
        with open(self.there.files(name)[0], encoding="ascii") as file:
            return base64.b64encode(ssl.PEM_cert_to_DER_cert(file.read())).decode()

    def auditor_of(self, case):
        """The identity that the node's audit names for the call about this case."""
        rows = b"".join(path.read_bytes() for path in (self.there.work / "arg/data/db").rglob("*")
                        if path.suffix in (".log", ".sst"))
        self.assertIn(case, rows)
        before = rows[:rows.index(case)]
        return re.findall(rb"spiffe://[a-z0-9./-]+", before[-300:])[-1].decode()

    # -- who calls

    def test_a_certified_caller_is_served_as_at_the_nodes_own_port(self):
        case, request = new_case()
        through = self.caller("police").get(request)
        self.assertEqual(through, SERVED)
        self.assertEqual(through, self.direct("police").get())
        self.assertEqual(self.auditor_of(case), "spiffe://arg.demo/entity/police/files")
        self.assertEqual(self.caller("nobody").get(), DENIED)
        self.assertEqual(self.caller("nobody").get(), self.direct("nobody").get())

    def test_the_node_refuses_what_an_authority_may_not_say(self):
        answer = self.caller("of_bra_by_arg").get()
        self.assertEqual(answer.code, grpc.StatusCode.UNAUTHENTICATED)
        self.assertEqual(answer.reason, "IDENTITY_UNTRUSTED")
        self.assertIn("bra.demo", answer.text)

    def test_the_node_refuses_a_revoked_certificate(self):
        answer = self.caller("revoked").get()
        self.assertEqual((answer.code, answer.reason),
                         (grpc.StatusCode.UNAUTHENTICATED, "IDENTITY_UNTRUSTED"))
        self.assertIn("revoked", answer.text)

    def test_the_front_shuts_out_who_has_no_valid_certificate_of_a_known_authority(self):
        before = int(self.there.front_figures("network", "FRONTEND")["req_tot"])
        for name in ("expired", "stranger_police"):
            self.assertEqual(self.caller(name).get().code, GONE, name)
        for alpn in (("h2",), ()):
            try:
                with Connection(self.there.port, alpn=alpn) as nobody:
                    nobody.send(frame(HEADERS, END_HEADERS | END_STREAM, 1,
                                      header_block(grpc_headers(GET_CASE))))
                    self.assertTrue(nobody.ended())
            except OSError:
                pass  # Ended before we were done talking.
        after = int(self.there.front_figures("network", "FRONTEND")["req_tot"])
        self.assertEqual(after, before, "no call was looked at")

    def test_a_session_is_not_resumed(self):
        """A resumed one shows no chain, and the node would have nothing to verify."""
        request = header_block(grpc_headers(GET_CASE))
        for _ in range(2):
            with Connection(self.there.port, *self.there.files("police")) as first:
                first.send(frame(HEADERS, END_HEADERS, 1, request)
                           + frame(DATA, END_STREAM, 1, message(new_case()[1])))
                next(kind for kind, *_ in first.frames() if kind == HEADERS)
                session = first.tls.session
            if session is not None:
                with Connection(self.there.port, *self.there.files("police"),
                                context=first.context, session=session) as second:
                    self.assertFalse(second.tls.session_reused)

    def test_a_connection_behind_the_front_carries_one_caller_alone(self):
        def connections():
            figures = self.there.front_figures("node", "node")
            return int(figures["connect"]), int(figures["reuse"])
        before = connections()
        callers = [self.caller(name) for name in ("police", "shelter", "police")]
        for _ in range(4):
            for caller in callers:
                self.assertEqual(caller.get(), SERVED)
        after = connections()
        self.assertEqual((after[0] - before[0], after[1] - before[1]), (3, 9))

    # -- forged headers

    def test_a_forged_header_is_replaced_by_the_truth(self):
        forged = [(LEAF, self.header_of("police")), (CHAIN, self.header_of("arg/ca"))]
        self.assertEqual(self.caller("nobody").get(headers=forged), DENIED)
        self.assertEqual(self.caller("nobody").get(headers=forged + forged), DENIED)
        case, request = new_case()
        forged = [(LEAF, self.header_of("shelter")), (CHAIN, "garbage")]
        self.assertEqual(self.caller("police").get(request, forged), SERVED)
        self.assertEqual(self.auditor_of(case), "spiffe://arg.demo/entity/police/files")

    def test_a_forged_header_in_trailers_or_in_another_spelling_does_nothing(self):
        police = self.header_of("police").encode()
        spellings = {
            "trailers": ([], [(LEAF, police)]),
            "capitals": ([(LEAF.title(), police)], None),
            "underscores": ([(LEAF.replace("-", "_"), police)], None),
            "a space": ([(LEAF + " ", police)], None),
            "a line break": ([("x-more", b"a\r\n" + LEAF.encode() + b": " + police)], None),
        }
        for name, (headers, trailers) in spellings.items():
            with self.subTest(name), \
                    Connection(self.there.port, *self.there.files("nobody")) as attacker:
                block = header_block(grpc_headers(GET_CASE, headers))
                attacker.send(frame(HEADERS, END_HEADERS, 1, block))
                body = message(new_case()[1])
                if trailers is None:
                    attacker.send(frame(DATA, END_STREAM, 1, body))
                else:
                    attacker.send(frame(DATA, 0, 1, body)
                                  + frame(HEADERS, END_HEADERS | END_STREAM, 1,
                                          header_block(trailers)))
                seen = b""
                for kind, flags, stream, content in attacker.frames():
                    seen += content if kind == HEADERS else b""
                    if stream == 1 and (flags & END_STREAM or kind == raw_http2.RST_STREAM):
                        break
                # Denied (7), refused before the node saw it, or cut; never told about a case (5).
                self.assertNotRegex(seen, rb"grpc-status\x01[05]")
                self.assertNotIn(b"CASE_NOT_FOUND", seen)

    def test_a_forged_header_is_refused_at_the_nodes_own_port(self):
        for headers in ([(LEAF, self.header_of("shelter"))], [(CHAIN, "")]):
            answer = self.direct("police").get(headers=headers)
            self.assertEqual((answer.code, answer.reason),
                             (grpc.StatusCode.UNAUTHENTICATED, "IDENTITY_HEADER"))
        self.assertEqual(self.direct("police").get(), SERVED)
        wait_for(lambda: "event=caller_refused" in self.there.log("ARG"), "a line in the log")

    def test_no_certificate_is_in_a_log(self):
        self.caller("police").get()
        self.caller("of_bra_by_arg").get()
        self.direct("police").get(headers=[(LEAF, self.header_of("shelter"))])
        for name in ("ARG", "front"):
            for holder in ("police", "shelter", "of_bra_by_arg"):
                self.assertNotIn(self.header_of(holder)[40:80], self.there.log(name))

    # -- the socket

    def test_another_user_cannot_open_the_socket(self):
        if not self.there.root:
            self.skipTest("only root can be another user; the contract tests show it otherwise")
        code = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.settimeout(5)\n"
                "try: s.connect(sys.argv[1])\nexcept PermissionError: sys.exit(3)\n"
                "sys.exit(4 if s.recv(1) else 5)")

        def as_user(user, group):
            done = subprocess.run([sys.executable, "-c", code, self.there.front_socket],
                                  user=user, group=group, extra_groups=[], check=False)
            return done.returncode
        self.assertEqual(as_user("nobody", "nogroup"), 3, "the file is closed to others")
        self.assertEqual(as_user("nobody", "haproxy"), 5, "and the group is not enough")
        self.assertEqual(as_user("haproxy", "haproxy"), 4)

    # -- floods

    def attack(self, address, once):
        """Runs `once` (a connection of the police's certificate -> streams sent) again and again
        beside a certified victim. What the victim, the node and the front had of it."""
        node = self.there.processes["ARG"].pid
        front = self.there.processes["front"].pid
        over = threading.Event()
        sent, connections = [], []

        def flood():
            while not over.is_set():
                try:
                    with Connection(self.there.port, *self.there.files("police"),
                                    address=address) as attacker:
                        connections.append(1)
                        sent.append(once(attacker))
                except OSError:
                    over.wait(0.02)
        victim = self.caller("shelter")
        self.assertEqual(victim.get(), SERVED)
        before = (resident_kib(node), cpu_seconds(node), cpu_seconds(front),
                  int(self.there.front_figures("node", "BACKEND")["req_tot"]))
        thread = threading.Thread(target=flood)
        begin = time.monotonic()
        thread.start()
        latencies, answers, peak = [], [], 0
        while time.monotonic() < begin + FLOOD_SECONDS:
            at = time.monotonic()
            answers.append(victim.get())
            latencies.append(time.monotonic() - at)
            peak = max(peak, resident_kib(node))
            over.wait(0.02)
        over.set()
        thread.join()
        seconds = time.monotonic() - begin
        passed = (int(self.there.front_figures("node", "BACKEND")["req_tot"]) - before[3]
                  - len(answers))
        latencies.sort()
        p99 = latencies[int(len(latencies) * 0.99)]
        print(f"\n  {sum(sent)} streams on {len(connections)} connections in {seconds:.1f} s; "
              f"{passed} passed the front; node +{(peak - before[0]) / 1024:.1f} MiB, "
              f"{cpu_seconds(node) - before[1]:.2f} CPU s; "
              f"front {cpu_seconds(front) - before[2]:.2f} CPU s; "
              f"victim {len(answers)} calls, p99 {p99 * 1000:.0f} ms", flush=True)
        self.assertTrue(all(answer == SERVED for answer in answers), answers[-1])
        self.assertLess(p99, 1.0)
        self.assertLess(peak - before[0], 50 * 1024, "KiB of memory")
        # A window may hold the rate twice, since it slides.
        self.assertLess(passed, 2 * deployment.REQUESTS_PER_SECOND * (seconds + 1))
        police = self.caller("police")
        wait_for(lambda: police.get() == SERVED, "the certificate to be served again")
        return sum(sent)

    def test_a_certificate_that_resets_streams_by_the_thousand_reaches_the_node_at_its_rate(self):
        block = header_block(grpc_headers(GET_CASE))
        sent = self.attack("127.0.0.2",
                           lambda attacker: flood_of_resets(attacker, block, 20_000))
        self.assertGreater(sent, 50 * deployment.REQUESTS_PER_SECOND)
        self.assertIn("above its rate", self.there.log("front"))

    def test_a_certificate_that_calls_too_often_is_cut(self):
        block = header_block(grpc_headers(GET_CASE))
        body = message(new_case()[1])
        cut = []

        def calls(attacker):
            def some(first):
                return b"".join(frame(HEADERS, END_HEADERS, stream, block)
                                + frame(DATA, END_STREAM, stream, body)
                                for stream in range(first, first + 80, 2))
            sent, answered = 40, 0
            try:
                attacker.send(some(1))
                for kind, flags, _, _ in attacker.frames():
                    answered += 1 if kind == HEADERS and flags & END_STREAM else 0
                    if answered == sent:  # No more at once than the front takes.
                        attacker.send(some(1 + 2 * sent))
                        sent += 40
            except OSError:
                pass
            cut.append(sent)
            return sent
        self.attack("127.0.0.3", calls)
        self.assertTrue(cut, "no connection was ended")

    def test_headers_without_end_are_cut(self):
        with Connection(self.there.port, *self.there.files("police"),
                        address="127.0.0.4") as attacker:
            block = header_block([(f"x-{i}", b"y" * 4000) for i in range(4)])
            total = 0
            try:
                attacker.send(frame(HEADERS, 0, 1, header_block(grpc_headers(GET_CASE))))
                while total < 64 << 20:
                    attacker.send(frame(CONTINUATION, 0, 1, block))
                    total += len(block)
            except OSError:
                pass
            print(f"\n  {total >> 10} KiB of headers were sent", flush=True)
            self.assertLess(total, 64 << 20)
        self.assertEqual(self.caller("shelter").get(), SERVED)

    def test_a_call_with_more_headers_than_a_node_takes_does_not_reach_it(self):
        before = int(self.there.front_figures("node", "BACKEND")["req_tot"])
        answer = self.caller("police").get(headers=[("x-long", "y" * 9000)])
        self.assertIn(answer.code, (GONE, grpc.StatusCode.RESOURCE_EXHAUSTED))
        self.assertEqual(int(self.there.front_figures("node", "BACKEND")["req_tot"]), before)

    # -- the node comes and goes

    def test_another_node_reaches_this_one_through_the_front(self):
        self.there.start_node("BRA")
        self.addCleanup(self.there.stop, "BRA")
        wait_for(lambda: "event=peer_reached" in self.there.log("BRA"), "BRA to reach ARG")

    def test_a_restart_of_the_node_is_told_as_unavailable_and_then_forgotten(self):
        caller = self.caller("police")
        self.assertEqual(caller.get(), SERVED)
        seen = []
        stopping = threading.Thread(target=self.there.stop, args=("ARG",))
        stopping.start()
        try:
            while stopping.is_alive():
                seen.append(caller.get())
                time.sleep(0.02)  # Within its rate.
            seen.append(caller.get())
        finally:
            stopping.join()
            self.there.start_node("ARG")
        self.assertEqual(seen[-1].code, GONE)
        for answer in seen:
            # A call that came as the listener closed is CANCELLED, as at the node's own port.
            self.assertIn(answer.code, (SERVED.code, GONE, grpc.StatusCode.CANCELLED), answer)
        wait_for(lambda: caller.get() == SERVED, "the same caller to be served again")


if __name__ == "__main__":
    if deployment.HAPROXY is None:
        print("skipped: this machine has no haproxy (deploy/install-deps.sh --tests)")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
