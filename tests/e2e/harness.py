# SPDX-License-Identifier: Apache-2.0
"""A private Cotter to test against: one cotterd on free loopback ports with its own data and run folders,
devices as processes of their own, and the command line as an operator would use it. Standard library only."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("COTTER_BUILD", ROOT / "build" / "release"))
COTTERD = BUILD / "server" / "cotterd"
COTTER = BUILD / "cli" / "cotter"
DEVICE = BUILD / "examples" / "cotter-device"
DEVICE_2 = BUILD / "examples" / "cotter-device-2"


class Failed(Exception):
    """A check that did not hold; its text says which and what was seen instead."""


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(what, probe, seconds=15, every=0.05):
    """Call probe until it returns something true, and return that; Failed after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            seen = probe()
            if seen:
                return seen
        if time.monotonic() > end:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(every)


class Process:
    """A program of ours with its log in a file; stopped by its own id, never by name."""

    def __init__(self, name, argv, log, env=None, cwd=None):
        self.name, self.log = name, pathlib.Path(log)
        self.out = open(self.log, "ab")
        self.popen = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=self.out,
                                      stderr=self.out, env={**os.environ, **(env or {})}, cwd=cwd,
                                      start_new_session=True)  # Ctrl-C is ours, not its

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def text(self):
        return self.log.read_text(errors="replace")

    def stop(self, how=signal.SIGTERM, seconds=10):
        if self.running():
            self.popen.send_signal(how)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self.out.close()
        return self.popen.returncode


class Cotter:
    """One private server. Use as a context manager; everything it made is removed at the end unless keep is set."""

    def __init__(self, folder=None, keep=False, nosec=False, ipv6=False, workers=2, extra=""):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="cotter-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.keep, self.nosec, self.ipv6, self.workers, self.extra = keep, nosec, ipv6, workers, extra
        self.coap, self.coaps = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
        self.http = free_port()
        self.server, self.devices, self.prefix = None, {}, []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        for device in self.devices.values():
            device.stop()
        self.stop()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- the server

    @property
    def run(self):
        return self.folder / "run"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http}"

    def token(self):
        return (self.run / "admin.token").read_text().strip()

    def configure(self):
        ca = self.folder / "ca" / "ca.pem"
        lines = [f'data = "{self.folder}/data";', f'run = "{self.run}";', f"workers = {self.workers};",
                 f'coaps = [ "127.0.0.1:{self.coaps}"' + (f', "[::1]:{self.coaps}"' if self.ipv6 else "") + " ];",
                 f'http = "127.0.0.1:{self.http}";']
        if self.nosec:
            lines.append(f'coap = [ "127.0.0.1:{self.coap}" ];')
        if ca.exists():
            lines.append(f'client_ca = "{ca}";')
        conf = self.folder / "cotterd.conf"
        conf.write_text("\n".join(lines) + "\n" + self.extra)
        return conf

    def start(self, wait=True):
        self.server = Process("cotterd", [*self.prefix, COTTERD, "--config", self.configure()],
                              self.folder / "cotterd.log")
        if wait:
            self.ready()
        return self

    def ready(self, seconds=15):
        def health():
            if not self.server.running():
                raise Failed("cotterd ended: " + self.server.text()[-2000:])
            return (self.run / "admin.token").exists() and self.api("GET", "/health", token=None)
        return until("cotterd answers", health, seconds)

    def pin(self, core):
        """Keep all the server's processes on one core, from the next start on."""
        self.prefix = ["taskset", "-c", core]

    def stop(self, how=signal.SIGTERM):
        if self.server:
            code = self.server.stop(how)
            self.server = None
            return code
        return None

    def processes(self):
        """{role: [pid, …]} of the monitor's children, from /proc; the monitor itself under "monitor"."""
        found = {"monitor": [self.server.pid]}
        for line in subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(self.server.pid)],
                                   capture_output=True, text=True, check=False).stdout.splitlines():
            words = line.split()
            role = next((w for w in words[2:] if w in ("net", "keys", "hub", "http")), None)
            if role:
                found.setdefault(role, []).append(int(words[0]))
        return found

    def api(self, method, path, body=None, token="admin", timeout=30, headers=None):
        """One REST call; returns the decoded JSON. Raises urllib.error.HTTPError with the problem in .problem."""
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method)
        data = None
        if isinstance(body, bytes):
            data = body
            request.add_header("Content-Type", "application/octet-stream")
        elif body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", "Bearer " + (self.token() if token == "admin" else token))
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, data, timeout) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            error.problem = error.read().decode(errors="replace")
            raise
        return json.loads(text) if text else True

    # ---- the operator

    def cotter(self, *args, check=True, data=None, timeout=60):
        """Run `cotter ARGS`; returns its standard output (JSON decoded when --json is among the arguments)."""
        argv = [COTTER, "--server", self.url, "--token-file", self.run / "admin.token", *args]
        done = subprocess.run([str(a) for a in argv], input=data, capture_output=True, text=True, check=False,
                              timeout=timeout, cwd=self.folder)
        if check and done.returncode != 0:
            raise Failed(f"cotter {' '.join(map(str, args))}: exit {done.returncode}: {done.stderr.strip()}")
        if "--json" in args and done.returncode == 0:
            return json.loads(done.stdout) if done.stdout.strip() else None
        return done.stdout

    # ---- devices

    def device(self, endpoint, credentials=None, *options, program=DEVICE):
        """Start a cotter-device of its own with its own state folder."""
        state = self.folder / "devices" / endpoint
        state.mkdir(parents=True, exist_ok=True)
        argv = [program, "--state", state, *options, credentials or self.folder / f"{endpoint}.cred"]
        self.devices[endpoint] = Process(endpoint, argv, self.folder / f"{endpoint}.log")
        return self.devices[endpoint]

    def show(self, endpoint):
        return self.api("GET", f"/devices/{endpoint}")

    def registered(self, endpoint, seconds=20):
        def probe():
            device = self.show(endpoint)
            return device if device["registered"] else None
        return until(f"{endpoint} is registered", probe, seconds)
