#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./run bench [NAME…] [--json FILE] [--quick]: every figure beside a peer measured in the same run.

Rates are per second of CPU time of all the server's processes, which are pinned to one core; the load comes
from the other. A row's ratio is ours divided by the peer's; rounds of ours and of the peer take turns."""
import argparse
import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

for folder in ("e2e", "interop"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / folder))
import harness  # noqa: E402
from harness import BUILD, ROOT, Cotter, Process, free_port, until  # noqa: E402
from peers import Keys  # noqa: E402

import socket  # noqa: E402

SIM = BUILD / "sim" / "cotter-sim"
ECHO = BUILD / "tests" / "bench" / "bench_echo"
LIMIT = BUILD / "tests" / "bench" / "bench_crypto_limit"
LESHAN = ROOT / ".deps" / "leshan"
SERVER_CORE, LOAD_CORE = "0", "1"
TICK = os.sysconf("SC_CLK_TCK")
# .data + .bss + heap with 4 observations + stack, as measured once on the same target (facts: not built here)
WAKAAMA_RAM = 484 + 2744 + 1181 + 1800


def pinned(core, *argv):
    return ["taskset", "-c", core, *map(str, argv)]


def cpu_seconds(pids):
    """User and system time of processes, their threads included."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICK


class Load:
    """A cotter-sim that waits for a line before each round."""

    def __init__(self, uri, *options, rounds, seconds):
        self.p = subprocess.Popen(pinned(LOAD_CORE, SIM, "--json", "--stay", "--rounds", rounds, "--duration", seconds,
                                         *options, uri), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.PIPE)
        self.ready()

    def ready(self):
        for line in self.p.stderr:
            if line.strip() == "ready":
                return
        raise harness.Failed("cotter-sim ended before it was ready")

    def round(self, last=False):
        self.p.stdin.write("go\n")
        self.p.stdin.flush()
        row = json.loads(self.p.stdout.readline())
        if not last:
            self.ready()
        return row

    def close(self):
        self.p.stdin.close()
        self.p.terminate()
        self.p.wait()


def probe(uri, pids, *options, seconds):
    """Answers per CPU second of a peer."""
    before = cpu_seconds(pids)
    out = subprocess.run(pinned(LOAD_CORE, SIM, "--duration", seconds, *options, uri), check=True,
                         capture_output=True, text=True).stdout
    used = cpu_seconds(pids) - before
    return json.loads(out)["answers"] / used


def rate(load, pids, what, last=False):
    before = cpu_seconds(pids)
    row = load.round(last)
    return row[what] / (cpu_seconds(pids) - before), row


class Bench:
    def __init__(self, quick):
        self.rows = []
        self.rounds, self.seconds = (3, 2) if quick else (5, 5)
        self.leshan_seconds = 20 if quick else 60

    def row(self, bench, name, values, unit, peer, peer_values, ratios=None):
        values = values if isinstance(values, list) else [values]
        peer_values = peer_values if isinstance(peer_values, list) else [peer_values]
        value, peer_value = statistics.median(values), statistics.median(peer_values)
        ratio = statistics.median(ratios) if ratios else (value / peer_value if peer_value else None)
        self.rows.append({"bench": bench, "name": name, "value": round(value, 3), "unit": unit, "peer": peer,
                          "peer_value": round(peer_value, 3), "ratio": ratio and round(ratio, 3),
                          "min": round(min(values), 3), "max": round(max(values), 3), "n": len(values)})
        r = self.rows[-1]
        print(f"{bench}/{name:28} {r['value']:>12,.0f} {unit:28} {peer:>14} {r['peer_value']:>12,.0f}  ratio {r['ratio']}  "
              f"[{r['min']:,.0f} … {r['max']:,.0f}]", flush=True)

    # ---- registration updates

    def update(self, name, count, secure, libcoap=False):
        fleet = ["--count", str(count), "--load", "updates", "--window", "64", "--rate", "4000", "--lifetime", "3600"]
        with contextlib.ExitStack() as stack:
            folder = harness.Cotter(nosec=not secure, workers=1,
                                    extra=f"max_devices = {count + 1000};\n")
            c = stack.enter_context(folder)
            c.pin(SERVER_CORE)
            c.start()
            provision = ["--provision", c.url, "--token-file", c.run / "admin.token"]
            uri = f"coaps://127.0.0.1:{c.coaps}" if secure else f"coap://127.0.0.1:{c.coap}"
            secret = ["--fleet", c.folder / "fleet.secret"]
            load = Load(uri, *fleet, *provision, *secret, rounds=self.rounds, seconds=self.seconds)
            stack.callback(load.close)
            echo_port = free_port(socket.SOCK_DGRAM)
            echo = Process("echo", pinned(SERVER_CORE, ECHO, echo_port), c.folder / "echo.log")
            stack.callback(echo.stop)
            pids = [p for ps in c.processes().values() for p in ps]
            ours, theirs, coap, size = [], [], [], 40
            if libcoap:
                coap_port = free_port(socket.SOCK_DGRAM)
                server = Process("libcoap", pinned(SERVER_CORE, "coap-server-notls", "-A", "127.0.0.1", "-p", coap_port),
                                 c.folder / "libcoap.log")
                stack.callback(server.stop)
                time.sleep(0.5)
            for i in range(self.rounds):
                value, row = rate(load, pids, "updates_in_load", last=i == self.rounds - 1)
                size = row["datagram_bytes"]
                ours.append(value)
                theirs.append(probe(f"coap://127.0.0.1:{echo_port}", [echo.pid], "--count", str(count), "--echo", str(size),
                                    seconds=self.seconds))
                if libcoap:
                    coap.append(probe(f"coap://127.0.0.1:{coap_port}", [server.pid], "--count", str(count), "--get", "time",
                                      seconds=self.seconds))
            ratios = [a / b for a, b in zip(ours, theirs)]
            self.row("server", name, ours, "updates/server-CPU-s", "echo", theirs, ratios)
            if libcoap:
                self.row("server", name + "_vs_libcoap", ours, "updates/server-CPU-s", "libcoap", coap)
        self.update_leshan(name, count, secure, ours)

    def update_leshan(self, name, count, secure, ours):
        """One long run of Leshan's library server; its windows of 10 s give min and max."""
        with Leshan(psk=count if secure else 0) as leshan:
            key = leshan.folder / "key"
            options = ["--key-file", key] if secure else []
            uri = f"coaps://127.0.0.1:{leshan.coaps}" if secure else f"coap://127.0.0.1:{leshan.coap}"
            rounds = max(2, self.leshan_seconds // 10)
            load = Load(uri, "--count", str(count), "--load", "updates", "--window", "64", "--rate", "2000", "--lifetime", "3600",
                        *options, rounds=rounds + 1, seconds=10)
            try:
                rates = [rate(load, [leshan.pid], "updates_in_load", last=i == rounds)[0] for i in range(rounds + 1)]
            finally:
                load.close()
            self.row("server", name + "_vs_leshan", ours, "updates/server-CPU-s", "leshan", rates[1:])

    # ---- handshakes

    def handshake_x509(self):
        per_round = 12000 if self.seconds >= 5 else 5000
        with Cotter(workers=1, extra=f"max_devices = {per_round * self.rounds + 1000};\n") as c:
            c.cotter("ca", "init", "ca")
            c.pin(SERVER_CORE)
            c.start()
            (c.folder / "server.pem").write_text(c.api("GET", "/status")["server_certificate"])
            pids = [p for ps in c.processes().values() for p in ps]
            ours, theirs = [], []
            for i in range(self.rounds):
                options = ["--mode", "x509", "--ca", c.folder / "ca", "--server-cert", c.folder / "server.pem",
                           "--fleet", c.folder / "fleet.secret", "--provision", c.url,
                           "--token-file", c.run / "admin.token", "--prefix", f"h{i}",
                           "--count", str(per_round), "--load", "handshakes", "--window", "64"]
                load = Load(f"coaps://127.0.0.1:{c.coaps}", *options, rounds=2, seconds=self.seconds)
                ours.append(rate(load, pids, "handshakes_in_load")[0])
                load.close()
                limit = json.loads(subprocess.run(pinned(SERVER_CORE, LIMIT, self.seconds), check=True, capture_output=True,
                                                  text=True).stdout)
                theirs.append(limit["handshakes"] / limit["seconds"])
            self.row("server", "handshake_x509", ours, "handshakes/server-CPU-s", "libcrypto", theirs,
                     [a / b for a, b in zip(ours, theirs)])
            self.row("server", "handshake_x509_vs_leshan", ours, "handshakes/server-CPU-s", "leshan",
                     self.handshake_leshan(c))

    def handshake_leshan(self, c):
        """Rounds of 10 s, the first one to warm up; each device makes one handshake, with a certificate of its own."""
        rounds = max(2, self.leshan_seconds // 10)
        with Leshan(x509=c.folder / "ca" / "ca.pem") as leshan:
            load = Load(f"coaps://127.0.0.1:{leshan.coaps}", "--mode", "x509", "--ca", c.folder / "ca", "--server-cert",
                        leshan.certificate, "--fleet", c.folder / "fleet.secret", "--prefix", "l", "--count",
                        str(4000 * (rounds + 1)), "--load", "handshakes", "--window", "16", rounds=rounds + 1, seconds=10)
            try:
                return [rate(load, [leshan.pid], "handshakes_in_load", last=i == rounds)[0] for i in range(rounds + 1)][1:]
            finally:
                load.close()

    # ---- memory

    def bytes_per_device(self, count=50000):
        with Cotter(workers=1, extra=f"max_devices = {count + 1000};\n") as c:
            c.start()
            empty = footprint(c)
            sim = subprocess.Popen([str(a) for a in (SIM, "--json", "--count", count, "--rate", 2000, "--lifetime", 3600,
                                                     "--fleet", c.folder / "fleet.secret", "--provision", c.url,
                                                     "--token-file", c.run / "admin.token",
                                                     f"coaps://127.0.0.1:{c.coaps}")],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                until("all have registered", lambda: c.api("GET", "/status")["registered"] >= count, 300, 1)
                time.sleep(10 if self.seconds < 5 else 60)
                full = footprint(c)
            finally:
                sim.kill()
                sim.wait()
            print(f"    fixed part {empty / 1e6:.1f} MB, with {count} devices {full / 1e6:.1f} MB")
        self.row("server", "bytes_per_device", (full - empty) / count, "bytes", "leshan, live heap", self.bytes_leshan(count))

    def bytes_leshan(self, count):
        """Live heap a device, after a collection, with as many registered over PSK."""
        with Leshan(psk=count) as leshan:
            empty = leshan.live_bytes()
            load = Load(f"coaps://127.0.0.1:{leshan.coaps}", "--count", str(count), "--load", "updates", "--rate", "1500",
                        "--lifetime", "3600", "--key-file", leshan.folder / "key", rounds=2, seconds=1)
            try:
                return (leshan.live_bytes() - empty) / count
            finally:
                load.close()

    # ---- the device library on a Cortex-M4

    def client(self):
        """By tools/size; 3 kB are added to the text for the bootstrap that the peer's figure includes."""
        sizes = ROOT / "build" / "size.json"
        sizes.parent.mkdir(exist_ok=True)
        sizes.unlink(missing_ok=True)  # tools/size ends with 1 when a budget is passed, and has still measured
        subprocess.run([ROOT / "tools" / "size", "-q", "--json", sizes], check=False, stdout=subprocess.DEVNULL)
        ours = json.loads(sizes.read_text())
        self.row("client", "text", ours["text"] + 3000, "bytes", "wakaama", 41200)
        self.row("client", "ram", ours["ram"], "bytes", "wakaama", WAKAAMA_RAM)


def footprint(c):
    """Σ PSS of the server's processes and the tmpfs blocks of tables that nobody maps."""
    total = 0
    for pids in c.processes().values():
        for pid in pids:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1)) * 1024
    return total


class Leshan:
    """Leshan's library server, pinned, quiet; `psk` devices of the simulator's names with one key, or certificates of
    the CA `x509`."""

    def __init__(self, psk=0, x509=None):
        self.coap, self.coaps = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
        self.folder = pathlib.Path(subprocess.run(["mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip())
        key = "00112233445566778899aabbccddeeff"
        (self.folder / "key").write_text(key + "\n")
        argv = ["java", "-Xmx8g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", f"{LESHAN}/classes:{LESHAN}/lib/*",
                "peer.LeshanServer", "--coap", self.coap, "--coaps", self.coaps, "--quiet", "--cid", "6"]
        if psk:
            argv += ["--pskrange", "sim", psk, key]
        if x509:
            keys = Keys(self.folder, "server")
            keys.certificate("leshan")
            self.certificate = keys.file("cert.pem")
            trust = self.folder / "trust.der"
            subprocess.run(["openssl", "x509", "-in", x509, "-outform", "DER", "-out", trust], check=True)
            argv += ["--x509", keys.file("cert.der"), keys.file("pk8.der"), trust]
        self.p = subprocess.Popen(pinned(SERVER_CORE, *argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.DEVNULL)
        if "ready" not in self.p.stdout.readline():
            raise harness.Failed("Leshan does not start")

    @property
    def pid(self):
        return self.p.pid

    def live_bytes(self):
        """Of the heap, after a full collection."""
        out = subprocess.run(["jcmd", str(self.pid), "GC.class_histogram"], check=True, capture_output=True, text=True).stdout
        return int(out.strip().splitlines()[-1].split()[2])

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.p.kill()
        self.p.wait()


BENCHES = {
    "server/update_coap_1k": lambda b: b.update("update_coap_1k", 1000, False, libcoap=True),
    "server/update_coap_100k": lambda b: b.update("update_coap_100k", 100000, False),
    "server/update_psk_10k": lambda b: b.update("update_psk_10k", 10000, True),
    "server/handshake_x509": lambda b: b.handshake_x509(),
    "server/bytes_per_device": lambda b: b.bytes_per_device(),
    "client/text": lambda b: b.client(),
}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", nargs="*", help=" · ".join(BENCHES))
    options.add_argument("--json", metavar="FILE", help="write one JSON object a row")
    options.add_argument("--quick", action="store_true", help="short rounds, to see that it works; not for quoting")
    o = options.parse_args()
    wanted = [n for n in BENCHES if not o.name or any(n == x or n.startswith(x + "/") or n == x.replace("ram", "text")
                                                      for x in o.name)]
    if not wanted:
        options.error("there is no such bench; there are: " + " ".join(BENCHES))
    b = Bench(o.quick)
    for name in wanted:
        print(f"\n{name}", flush=True)
        BENCHES[name](b)
    if o.json:
        pathlib.Path(o.json).write_text("".join(json.dumps(r) + "\n" for r in b.rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
