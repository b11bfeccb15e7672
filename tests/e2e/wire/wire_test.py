"""No case value crosses a border: all traffic between four nodes is recorded, decrypted.

The quickstart makes a network; it is then started again with a recording proxy in front of
each node and with a code that no real list has. Records that carry this code are handed
in, released and mirrored. The code must be seen in what the agency sent to its own node
(or the recording would prove nothing) and nowhere in what nodes say to each other.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import unittest

from recording_proxy import PREFACE, RecordingProxy, call_contents

SOURCE = pathlib.Path(os.environ["ENLACE_SOURCE_DIR"])
BIN = pathlib.Path(os.environ["ENLACE_BIN"])
WORK = pathlib.Path(os.environ["ENLACE_WIRE_DIR"])
QUICKSTART = SOURCE / "deploy/quickstart.sh"

CANARY_NUMBER = 64999  # Above the ports that a system gives out, which logs may name.
CANARY_ID = "qqz_7f3a91"
CANARY_LABEL = "Canaryland-7f3a91"


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


# SingleValue{attribute: citizenship (7), code: CANARY_NUMBER} on the wire.
CANARY_FIELD = bytes([0x08, 0x07, 0x10]) + varint(CANARY_NUMBER)
# However the value is written: as a number of one of the first fields of any message, as
# text, or by its names. (The bare bytes of the number would turn up in hashes by chance.)
CANARY_FORMS = tuple(bytes([field << 3]) + varint(CANARY_NUMBER) for field in range(1, 6)) + (
    str(CANARY_NUMBER).encode(), CANARY_ID.encode(), CANARY_LABEL.encode(),
    base64.b64encode(CANARY_LABEL.encode()).rstrip(b"="))
CANARY_YEAR = "1999"  # Before everything that the demonstration releases.
RECORDS = 12
WAIT_SECONDS = 60


def run(*arguments, **keywords):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True,
                          timeout=240, **keywords)
    if done.returncode != 0:
        raise AssertionError(f"{arguments[:4]} ended with {done.returncode}\n"
                             f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


class Network:
    """The quickstart's network, restarted behind proxies."""

    def __init__(self):
        run(QUICKSTART, "--bin", BIN, "--dir", WORK, "--keep")
        run(QUICKSTART, "--dir", WORK, "--stop")
        self.nodes = {n["jurisdiction"]: n
                      for n in json.loads((WORK / "network.json").read_text())["nodes"]}
        self.members = sorted(j for j in self.nodes if j != "OAS")
        self.processes = []
        self.proxies = {}
        self._add_canary_code()
        self._make_proxies()
        for jurisdiction in self.nodes:
            self._start(jurisdiction)

    def _add_canary_code(self):
        self.config = WORK / "config"
        shutil.copytree(SOURCE / "config", self.config)
        with open(self.config / "codelists/country.yaml", "a", encoding="utf-8") as file:
            file.write(f"  - number: {CANARY_NUMBER}\n    id: {CANARY_ID}\n"
                       f"    labels: {{en: \"{CANARY_LABEL}\"}}\n"
                       "    properties: {alpha2: \"QZ\", alpha3: \"QQZ\"}\n")

    def _make_proxies(self):
        anchors = WORK / "all-anchors.pem"
        anchors.write_text("".join(pathlib.Path(n["ca_cert"]).read_text()
                                   for n in self.nodes.values()))
        identities = {}
        for node in self.nodes.values():
            pki = pathlib.Path(node["config"]).parent / "pki"
            identities[node["node_uri"]] = (str(pki / "node.crt"), str(pki / "node.key"))
            for identity in node["identities"]:
                identities[identity["uri"]] = (identity["cert"], identity["key"])
        for jurisdiction, node in self.nodes.items():
            port = int(node["endpoint"].rsplit(":", 1)[1])
            self.proxies[jurisdiction] = RecordingProxy(
                node["node_uri"], identities, str(anchors), port)

    def _start(self, jurisdiction):
        """With every peer's address, and the code lists, replaced."""
        path = pathlib.Path(self.nodes[jurisdiction]["config"])
        text = path.read_text()
        for other, node in self.nodes.items():
            if other != jurisdiction:
                text = text.replace(f"endpoint: {node['endpoint']}",
                                    f"endpoint: 127.0.0.1:{self.proxies[other].port}")
        text = re.sub(r"codelists_dir: .*", f"codelists_dir: {self.config}/codelists", text)
        path.write_text(text)
        ready = path.parent / "ready-again"
        with open(path.parent / "log-again", "w", encoding="utf-8") as log:
            self.processes.append(subprocess.Popen(
                [BIN / "enlaced", "serve", "--config", path, "--ready-file", ready],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL))
        wait_for(ready.exists, f"{jurisdiction} to be ready")

    def enlace(self, jurisdiction, role, *arguments):
        """The client as `role`, through the proxy."""
        node = self.nodes[jurisdiction]
        identity = next(i for i in node["identities"] if i["role"] == role)
        return run(BIN / "enlace", "--endpoint", f"127.0.0.1:{self.proxies[jurisdiction].port}",
                   "--certificate", identity["cert"], "--private-key", identity["key"],
                   "--trust-bundle", node["ca_cert"], "--node-uri", node["node_uri"],
                   "--config-dir", self.config, "--yes", "--output", "json", *arguments)

    def channel_size(self, jurisdiction, origin):
        channels = json.loads(self.enlace(jurisdiction, "auditor", "channels", "list"))
        return next((int(c["size"]) for c in channels if c["origin"] == origin), 0)

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=30)
        for proxy in self.proxies.values():
            proxy.close()


def wait_for(condition, what):
    limit = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.1)


class WireTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if (WORK / ".enlace-quickstart").exists():
            run(QUICKSTART, "--dir", WORK, "--stop")
            shutil.rmtree(WORK)
        cls.network = Network()
        try:
            cls.names = cls.hand_in_and_release(cls.network)
        finally:
            cls.network.stop()

    @staticmethod
    def hand_in_and_release(network):
        """Makes the records, releases counts of them, and waits for every mirror."""
        owner = network.members[0]
        names = []
        for _ in range(RECORDS):
            created = json.loads(network.enlace(
                owner, "contributor", "cases", "create", "--year", CANARY_YEAR,
                "--set", "sex=female", "--set", f"citizenship={CANARY_ID}",
                "--set", "age_band=18_20", "--set", "forms=+sexual_exploitation"))
            names.append(created["name"])
        release = json.loads(network.enlace(
            owner, "coordinator", "releases", "prepare", "--source", "cases",
            "--years", CANARY_YEAR))
        review = json.loads(network.enlace(owner, "approver", "releases", "review",
                                           release["name"]))
        digest = base64.b64decode(review["contentHash"]).hex()
        network.enlace(owner, "approver", "releases", "approve", release["name"], "--hash", digest)
        network.enlace(owner, "coordinator", "releases", "publish", release["name"])
        origin = f"demo/{owner}/statistics"
        size = network.channel_size(owner, origin)
        for other in network.nodes:
            wait_for(lambda: network.channel_size(other, origin) == size,
                     f"{other} to mirror {origin}")
        return names

    def recorded(self, kind):
        """Jurisdiction -> everything said to its node by callers of this kind."""
        return {j: proxy.calls(kind) + proxy.raw(kind)
                for j, proxy in self.network.proxies.items()}

    def assertNowhere(self, pattern, streams):
        for jurisdiction, contents in streams.items():
            for content in contents:
                self.assertNotIn(pattern, content, f"in what was said to {jurisdiction}'s node")

    def test_the_recording_shows_what_the_agency_sent(self):
        owner = self.network.proxies[self.network.members[0]]
        found = sum(content.count(CANARY_FIELD) for content in owner.calls("people"))
        self.assertEqual(found, 2 * RECORDS)  # Once in the request, once in the answer.

    def test_the_recording_shows_what_nodes_say_to_each_other(self):
        owner = self.network.proxies[self.network.members[0]]
        self.assertTrue(any(b"statistics.release" in c for c in owner.calls("nodes")))
        for jurisdiction, proxy in self.network.proxies.items():
            self.assertTrue(any(raw.startswith(PREFACE) for raw in proxy.raw("nodes")),
                            jurisdiction)

    def test_a_value_that_frames_cut_in_two_is_found(self):
        def frame(body):
            return len(body).to_bytes(3, "big") + bytes([0, 0, 0, 0, 0, 1]) + body
        for form in CANARY_FORMS:
            raw = PREFACE + frame(b"before" + form[:2]) + frame(form[2:] + b"after")
            self.assertEqual(call_contents(raw), [b"before" + form + b"after"])
            with self.assertRaises(AssertionError):
                self.assertNowhere(form, {"ARG": call_contents(raw)})

    def test_no_case_value_is_in_what_nodes_say_to_each_other(self):
        streams = self.recorded("nodes")
        for form in CANARY_FORMS:
            self.assertNowhere(form, streams)

    def test_no_record_reference_is_in_what_nodes_say(self):
        streams = self.recorded("nodes")
        for name in self.names:
            digits = name.rsplit("/", 1)[1]
            self.assertNowhere(digits.encode(), streams)
            self.assertNowhere(bytes.fromhex(digits), streams)

    def test_no_log_line_holds_a_case_value_or_a_reference(self):
        for node in self.network.nodes.values():
            log = (pathlib.Path(node["config"]).parent / "log-again").read_bytes()
            for form in CANARY_FORMS:
                self.assertNotIn(form, log)
            for name in self.names:
                self.assertNotIn(name.rsplit("/", 1)[1].encode(), log)


if __name__ == "__main__":
    unittest.main(verbosity=2)
