#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./run demo: the whole chain on this machine, each step checked and shown. --keep leaves it running."""
import argparse
import contextlib
import hashlib
import os
import pathlib
import signal
import sqlite3
import sys
import time

import harness
from harness import Cotter, Failed, until

VENDOR, CLASS = "cotter.example", "demo-sensor"
PSK, RPK, X509 = "demo-psk", "demo-rpk", "demo-x509"
ALL = (PSK, RPK, X509)
BAR = 30


class Demo:
    def __init__(self, keep):
        self.c = Cotter(keep=keep)
        self.steps, self.passed = [], 0

    # ---- 1 and 2

    def start(self):
        """cotterd on a new database, on loopback"""
        self.c.cotter_ca = self.c.folder / "ca"
        self.make_ca()
        self.c.start()
        for role, pids in sorted(self.c.processes().items()):
            print(f"    {role:8} pid {' '.join(map(str, pids))}")
        self.page = f"{self.c.url}/#token={self.reader()}"
        print(f"    page     {self.page}")

    def reader(self):
        """A token that can only read, for the page."""
        return self.c.api("POST", "/tokens", {"name": "demo page", "role": "read"})["token"]

    def make_ca(self):
        """The factory's CA has to be there before the server starts: client_ca names it."""
        self.c.cotter("ca", "init", "ca")

    def provision(self):
        """three devices, one of each security mode, as processes of their own"""
        self.c.cotter("release", "keygen", "release.key", "--passphrase-file", self.passphrase())
        self.c.cotter("group", "add", "demo", "--vendor", VENDOR, "--class", CLASS, "--policy", "automatic",
                      "--release-key", "release.key.pub")
        for endpoint, mode in ((PSK, ["--psk"]), (RPK, ["--rpk"]), (X509, ["--x509", "--ca", "ca"])):
            self.c.cotter("device", "add", endpoint, *mode, "--group", "demo", "--out", f"{endpoint}.cred")
            self.c.device(endpoint, None, "--anchor", self.c.folder / "release.key.pub", "--lifetime", "60")
            print(f"    {endpoint}: {' '.join(mode)}")

    def passphrase(self):
        path = self.c.folder / "passphrase"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text("only for the demo\n")
        return path

    # ---- 3

    def table(self):
        """they register over DTLS 1.2 with Connection ID"""
        for endpoint in ALL:
            until(f"{endpoint} registered and its version known", lambda e=endpoint: self.c.show(e)["registered"]
                  and self.c.show(e)["version"], 20)
        print(self.c.cotter("device", "list"))
        for endpoint in ALL:
            device = self.c.show(endpoint)
            check(f"{endpoint} reports 1.0.0", device["version"], "1.0.0")
            check(f"{endpoint} speaks LwM2M", device["lwm2m"], "1.1")
            if "connection_id" not in self.c.devices[endpoint].text():
                raise Failed(f"{endpoint} did not negotiate a Connection ID")

    # ---- 4

    def manage(self):
        """read, write, execute, observe; a device behind a NAT changes its port"""
        temperature = read(self.c, PSK, "/3303/0/5700")
        print(f"    read    /3303/0/5700 = {temperature}")
        self.c.cotter("write", RPK, "/3303/0/5750", "cellar")
        check("the written value reads back", read(self.c, RPK, "/3303/0/5750"), "cellar")
        print("    write   /3303/0/5750 = cellar")
        self.c.cotter("exec", X509, "/3303/0/5605")
        print("    execute /3303/0/5605")
        self.c.cotter("observe", PSK, "/3303/0/5700", "--pmin", "1", "--pmax", "2", "--detach")
        before = self.notifications(PSK, 2)
        handshakes = self.handshakes(PSK)
        address = self.c.show(PSK)["address"]
        self.c.devices[PSK].popen.send_signal(signal.SIGUSR1)
        self.notifications(PSK, 3, before)
        until("the device is seen at its new address", lambda: self.c.show(PSK)["address"] != address)
        check("handshakes of the device", self.handshakes(PSK), handshakes)
        print(f"    observe goes on: {address} -> {self.c.show(PSK)['address']}, no new handshake")

    def notifications(self, endpoint, count, after=None):
        """Wait for `count` changes of the stored value's time; returns the last time."""
        def at():
            for item in self.c.api("GET", f"/devices/{endpoint}/values")["items"]:
                if item["path"] == "/3303/0/5700" and item["at"] != after:
                    return item["at"]
            return None
        for _ in range(count):
            after = until("a notification of /3303/0/5700", at)
        return after

    def handshakes(self, endpoint):
        return self.c.devices[endpoint].text().count("event=handshake")

    # ---- 5

    def upgrade(self):
        """a signed release 2.0.0: every outdated device is upgraded by itself"""
        before = {e: read(self.c, e, "/3303/0/5700") for e in ALL}
        self.publish("2.0.0", 2)
        show_progress(self.c, "2.0.0", seconds=60)
        for endpoint in ALL:
            until(f"{endpoint} reports 2.0.0", lambda e=endpoint: self.c.show(e)["version"] == "2.0.0", 30)
            same(self.c, endpoint, harness.DEVICE_2)
            after = read(self.c, endpoint, "/3303/0/5700")
            if after < before[endpoint] + 10:
                raise Failed(f"{endpoint}: the new image does not behave as such: {before[endpoint]} -> {after}")
            print(f"    {endpoint}: /3303/0/5700 was {before[endpoint]}, is {after}")
        print(self.c.cotter("device", "list"))

    def envelope(self, name, version, sequence, payload=harness.DEVICE_2, clazz=CLASS, key="release.key"):
        self.c.cotter("release", "create", "--vendor", VENDOR, "--class", clazz, "--sequence", str(sequence),
                      "--version", version, "--out", f"{name}.suit", payload)
        self.c.cotter("release", "sign", "--key", key, "--passphrase-file", self.passphrase(), f"{name}.suit")
        return self.c.folder / f"{name}.suit"

    def publish(self, version, sequence):
        path = self.envelope(version, version, sequence)
        self.c.cotter("release", "publish", path, "--version", version, "--group", "demo")

    # ---- 6

    def attack(self):
        """an attacker who owns the server's database: each bad release is refused by the device itself"""
        self.c.cotter("release", "keygen", "evil.key", "--passphrase-file", self.passphrase())
        forged = self.envelope("forged", "3.0.0", 3, key="evil.key")
        if "publish" in self.c.cotter("release", "publish", forged, "--version", "3.0.0", "--group", "demo", check=False):
            raise Failed("publish took a release with a bad signature")
        bad = [("bad signature", forged, "3.0.0", 5),
               ("another device class", self.envelope("class", "3.0.1", 4, clazz="other"), "3.0.1", 6),
               ("an older one", self.envelope("older", "3.0.2", 1), "3.0.2", 8),
               ("tampered payload", self.tampered(), "3.0.3", 5)]
        for what, path, version, result in bad:
            self.inject(path, version)
            seen = until(f"{what}: refused by every device", lambda v=version: self.refused(v), 40)
            check(f"{what}: result codes", set(seen), {result})
            print(f"    {what:20} -> 5/0/5 = {result} from {len(seen)} of {len(ALL)} devices")
            self.c.cotter("upgrade", "stop", "demo")
        for endpoint in ALL:
            check(f"{endpoint} stays on 2.0.0", self.c.show(endpoint)["version"], "2.0.0")

    def tampered(self):
        path = self.envelope("tampered", "3.0.3", 5)
        image = bytearray(path.read_bytes())
        image[len(image) // 2] ^= 1
        path.write_bytes(image)
        return path

    def inject(self, path, version):
        """Past publish, into the database itself: the newest release of the class, wanted by the group."""
        image = path.read_bytes()
        identity = hashlib.sha256(image).digest()[:16]
        with contextlib.closing(sqlite3.connect(self.c.folder / "data" / "hub" / "cotter.db", timeout=10)) as db, db:
            vendor, clazz = db.execute("SELECT vendor, class FROM groups WHERE name = 'demo'").fetchone()
            db.execute("INSERT INTO releases(id, version, grp, vendor, class, sequence, size, digest, state, created_at, "
                       "envelope) VALUES(?, ?, (SELECT id FROM groups WHERE name = 'demo'), ?, ?, 1000, ?, ?, 0, ?, ?)",
                       (identity, version, vendor, clazz, len(image), hashlib.sha256(image).digest(),
                        int(time.time() * 1000), image))
            db.execute("UPDATE groups SET release = ?, sweep = 0, stopped = 0 WHERE name = 'demo'", (identity,))

    def refused(self, version):
        """The result codes by which the devices have refused that version, when all have."""
        results = [item["result"] for item in self.c.api("GET", "/upgrades?group=demo")["items"]
                   if item["version"] == version and item["result"] not in (None, 0, 1)]
        return results if len(results) == len(ALL) else None

    # ---- 7

    def kill(self):
        """SIGKILL for every server process, the monitor too: nothing is lost and nobody handshakes again"""
        before = {e: self.handshakes(e) for e in ALL}
        for role in ("net", "keys", "hub", "http"):
            for pid in self.c.processes()[role]:
                os.kill(pid, signal.SIGKILL)
                self.work(f"after SIGKILL of {role} {pid}")
        self.c.server.stop(signal.SIGKILL)
        self.c.start()
        self.work("after SIGKILL of the monitor")
        self.c.stop()
        self.c.start()
        self.work("after stop and start")
        for endpoint in ALL:
            check(f"{endpoint}: new handshakes", self.handshakes(endpoint) - before[endpoint], 0)

    def work(self, when):
        """An acknowledged write must arrive at each device, which must still be registered."""
        text = f"{when} {time.monotonic_ns()}"[-40:]
        for endpoint in ALL:
            self.c.registered(endpoint)
            def wrote(e=endpoint):
                self.c.cotter("write", e, "/3303/0/5750", text)
                return True
            until(f"{endpoint} takes a write {when}", lambda: attempt(wrote), 20)
            until(f"{endpoint} has it", lambda e=endpoint: attempt(lambda: read(self.c, e, "/3303/0/5750") == text))
        print(f"    {when}: 3 of 3 devices go on")

    # ---- all

    STEPS = (start, provision, table, manage, upgrade, attack, kill)

    def play(self):
        begin = time.monotonic()
        for number, step in enumerate(self.STEPS, 1):
            print(f"\n[{number}/{len(self.STEPS)}] {step.__doc__}", flush=True)
            t = time.monotonic()
            try:
                step(self)
            except Failed as failure:
                print(f"    FAILED: {failure}\n    logs: {self.c.folder}", flush=True)
                break
            self.passed += 1
            print(f"    ok ({time.monotonic() - t:.1f} s)", flush=True)
        seconds = time.monotonic() - begin
        print(f"\ndemo: {self.passed} of {len(self.STEPS)} steps passed in {seconds:.0f} s", flush=True)
        return self.passed == len(self.STEPS)


def attempt(call):
    try:
        return call()
    except Failed:
        return None


def check(what, seen, wanted):
    if seen != wanted:
        raise Failed(f"{what}: {seen!r}, not {wanted!r}")


def read(c, endpoint, path):
    return c.cotter("read", endpoint, path, "--json")["values"][0]["value"]


def same(c, endpoint, image):
    slots = [p.read_bytes() for p in (c.folder / "devices" / endpoint).glob("slot*")]
    if not any(s == pathlib.Path(image).read_bytes() for s in slots):
        raise Failed(f"{endpoint}: no slot equals the payload byte for byte")


def show_progress(c, version, seconds):
    """A bar a device until all are confirmed."""
    end, last = time.monotonic() + seconds, {}
    while time.monotonic() < end:
        items = [u for u in c.api("GET", "/upgrades?group=demo")["items"] if u["version"] == version]
        for u in items:
            share = u["sent"] / u["size"] if u["size"] else 0
            line = f"    {u['endpoint']:10} [{'#' * int(BAR * share):{BAR}}] {100 * share:3.0f} % {u['state']}"
            if last.get(u["endpoint"]) != line:
                last[u["endpoint"]] = line
                print(line, flush=True)
        if len(items) == len(ALL) and all(u["state"] == "confirmed" for u in items):
            return
        if any(u["state"] == "failed" for u in items):
            raise Failed(f"an upgrade failed: {items}")
        time.sleep(0.02)
    raise Failed(f"not all confirmed within {seconds} s")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keep", action="store_true", help="leave everything running and print what to play with")
    keep = options.parse_args().keep
    demo = Demo(keep)
    ok = False
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        ok = demo.play()
        if ok and keep:
            print(f"\nexport COTTER_SERVER={demo.c.url} COTTER_TOKEN_FILE={demo.c.run}/admin.token\n"
                  f"{harness.COTTER} device list\n{harness.COTTER} read {PSK} /3303/0/5700\n"
                  f"page: {demo.page}\nCtrl-C ends it all.", flush=True)
            signal.pause()
        demo.c.keep = not ok
    except KeyboardInterrupt:
        print("\ndemo: ending", flush=True)
    finally:
        demo.c.close()
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
