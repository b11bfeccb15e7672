"""Two nodes and a HAProxy before one of them, made as docs/OPERATIONS.md says: authorities and
certificates by deploy/pki, the front's configuration by deploy/haproxy/make-config.sh."""

import grp
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(os.environ["ENLACE_SOURCE_DIR"])
BIN = pathlib.Path(os.environ["ENLACE_BIN"])
DEPLOY = SOURCE / "deploy"
HAPROXY = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
WAIT_SECONDS = 60
REQUESTS_PER_SECOND = 200  # Of one certificate; fewer than shipped, so that a test passes it soon.
CONNECTIONS = 100          # Of one address in ten seconds.


def run(*arguments, **keywords):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True,
                          timeout=120, **keywords)
    if done.returncode != 0:
        raise AssertionError(f"{arguments[:4]} ended with {done.returncode}\n"
                             f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def wait_for(condition, what):
    limit = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Deployment:
    def __init__(self):
        self.root = os.geteuid() == 0
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="enlace-front-"))
        self.work.chmod(0o755)
        self.processes = {}
        self.port = free_port()  # Of the front.
        self.front_user = "haproxy" if self.root else run("id", "-un").strip()
        self._make_authorities()
        self._make_socket_folder()
        self.node_ports = {"BRA": free_port()}
        self.keys = {}
        for jurisdiction in ("ARG", "BRA"):
            self._init(jurisdiction)
        for jurisdiction in ("ARG", "BRA"):
            self._write_config(jurisdiction)  # Now with each other's keys.
        self._write_front_config()

    # -- certificates

    def _make_authorities(self):
        (self.work / "trust").mkdir()
        for jurisdiction in ("ARG", "BRA"):
            low = jurisdiction.lower()
            run(DEPLOY / "pki/make-ca.sh", "--network", "demo", "--jurisdiction", jurisdiction,
                "--out", self.work / low)
            shutil.copy(self.work / low / "ca.crt", self.work / f"trust/{low}.crt")
            self.issue(low, f"spiffe://{low}.demo/node", f"{low}/node", "--host", "localhost")
        self.issue("arg", "spiffe://arg.demo/entity/police/files", "police")
        self.issue("arg", "spiffe://arg.demo/entity/shelter/files", "shelter")
        self.issue("arg", "spiffe://arg.demo/person/nobody", "nobody")
        self.issue("arg", "spiffe://arg.demo/entity/police/lost", "revoked")
        self.issue("arg", "spiffe://arg.demo/entity/police/old", "expired", "--days", "0")
        # What ARG's authority must not be able to make.
        self.issue("arg", "spiffe://bra.demo/node", "of_bra_by_arg")
        run(DEPLOY / "pki/make-ca.sh", "--network", "demo", "--jurisdiction", "ZZZ", "--out",
            self.work / "stranger")
        self.issue("stranger", "spiffe://arg.demo/entity/police/files", "stranger_police")
        self._revoke("revoked")

    def issue(self, authority, uri, name, *more):
        run(DEPLOY / "pki/issue.sh", "--ca", self.work / authority, "--uri", uri, "--out",
            self.work / name, *more)

    def _revoke(self, name):
        folder = self.work / "crl"
        folder.mkdir()
        (folder / "index").touch()
        config = folder / "config"
        config.write_text(f"[ca]\ndefault_ca = one\n[one]\ndatabase = {folder}/index\n"
                          f"certificate = {self.work}/arg/ca.crt\n"
                          f"private_key = {self.work}/arg/ca.key\n"
                          "default_md = sha256\ndefault_crl_days = 30\ncrl_extensions = more\n"
                          "[more]\nauthorityKeyIdentifier = keyid\n")
        run("openssl", "ca", "-config", config, "-revoke", self.work / f"{name}.crt")
        run("openssl", "ca", "-config", config, "-gencrl", "-out", self.work / "trust/arg.crl")

    def files(self, name):
        return str(self.work / f"{name}.crt"), str(self.work / f"{name}.key")

    # -- the nodes

    def _make_socket_folder(self):
        self.run_dir = self.work / "run"
        self.run_dir.mkdir(mode=0o750)
        if self.root:
            os.chown(self.run_dir, 0, grp.getgrnam("haproxy").gr_gid)
        self.front_socket = self.run_dir / "node.sock"

    def _write_config(self, jurisdiction):
        low = jurisdiction.lower()
        other = "BRA" if jurisdiction == "ARG" else "ARG"
        port = 0 if jurisdiction == "ARG" else self.node_ports["BRA"]
        other_port = self.port if other == "ARG" else self.node_ports["BRA"]
        text = (f"network: demo\njurisdiction: {jurisdiction}\ndata_dir: {low}/data\n"
                f"anchor_path: {low}/anchor/anchor\nlisten: 127.0.0.1:{port}\n"
                f"public_endpoint: 127.0.0.1:{port or self.port}\nadmin_socket: {low}/admin.sock\n"
                f"tls: {{certificate_file: {low}/node.crt, private_key_file: {low}/node.key}}\n"
                f"codelists_dir: {SOURCE}/config/codelists\n"
                f"policy_file: {SOURCE}/config/policy.yaml\nlog_level: info\n"
                "federation: {pull_interval_ms: 200}\ntrust:\n"
                "  - {jurisdiction: ARG, bundle_file: trust/arg.crt, crl_file: trust/arg.crl}\n"
                "  - {jurisdiction: BRA, bundle_file: trust/bra.crt}\n")
        if jurisdiction == "ARG":
            text += f"front: {{socket: {self.front_socket}, user: {self.front_user}}}\n"
        if other in self.keys:
            text += (f"peers: [{{jurisdiction: {other}, endpoint: '127.0.0.1:{other_port}', "
                     f"channel_key: '{self.keys[other]}'}}]\n")
        path = self.work / f"{jurisdiction}.yaml"
        path.write_text(text)
        return path

    def _init(self, jurisdiction):
        path = self._write_config(jurisdiction)
        told = run(BIN / "enlaced", "init", "--config", path, "--pin-secretariat-later")
        self.keys[jurisdiction] = re.search(r"channel_key: (\S+)", told).group(1)

    def start_node(self, jurisdiction):
        ready = self.work / f"{jurisdiction}.ready"
        ready.unlink(missing_ok=True)
        process = self._spawn(jurisdiction, [BIN / "enlaced", "serve", "--config",
                                             self.work / f"{jurisdiction}.yaml", "--ready-file",
                                             ready])
        wait_for(lambda: ready.exists() or process.poll() is not None, f"{jurisdiction}'s node")
        if process.poll() is not None:
            raise AssertionError(self.log(jurisdiction)[-3000:])
        self.node_ports[jurisdiction] = int(ready.read_text().strip().rsplit(":", 1)[1])

    # -- the front

    def _write_front_config(self):
        user = ["--user", self.front_user] if self.root else []
        self.stats_socket = self.work / "stats.sock"
        self.front_config = self.work / "haproxy.cfg"
        self.front_config.write_text(run(
            DEPLOY / "haproxy/make-config.sh", "--listen", f"127.0.0.1:{self.port}",
            "--certificate", self.work / "arg/node.crt", "--trust", self.work / "trust",
            "--socket", self.front_socket, "--stats", self.stats_socket,
            "--requests", REQUESTS_PER_SECOND, "--connections", CONNECTIONS, *user))

    def start_front(self):
        run(HAPROXY, "-c", "-f", self.front_config)
        process = self._spawn("front", [HAPROXY, "-db", "-f", self.front_config])

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        wait_for(lambda: listens() or process.poll() is not None, "the front")
        if process.poll() is not None:
            raise AssertionError(self.log("front")[-3000:])

    def front_figures(self, proxy, kind):
        """A line of HAProxy's counters as a dictionary."""
        with socket.socket(socket.AF_UNIX) as stats:
            stats.connect(str(self.stats_socket))
            stats.sendall(b"show stat\n")
            text = b"".join(iter(lambda: stats.recv(65536), b"")).decode()
        lines = [line.split(",") for line in text.lstrip("# ").splitlines() if line]
        row = next(line for line in lines[1:] if line[:2] == [proxy, kind])
        return dict(zip(lines[0], row))

    # -- processes

    def _spawn(self, name, arguments):
        with open(self.work / f"{name}.log", "ab") as log:
            process = subprocess.Popen([str(a) for a in arguments], stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL)
        self.processes[name] = process
        return process

    def log(self, name):
        return (self.work / f"{name}.log").read_text(errors="replace")

    def stop(self, name):
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(timeout=60)

    def close(self):
        for name in list(self.processes):
            self.stop(name)
        shutil.rmtree(self.work)


def resident_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1))


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
