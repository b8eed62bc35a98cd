#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random SIGKILLs of random server processes, the monitor among them, under a fleet and a stream of commands.
Afterwards: every acknowledged command was carried out, none twice, every device is registered, and none has made a new
handshake (counted in a capture of the wire).
Usage: kills.py [--kills 24] [--devices 1000] [--seed N]   a failing seed is printed and replays."""
import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error

import harness
from harness import BUILD, Cotter, Failed, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from peers import Capture  # noqa: E402

SIM = BUILD / "sim" / "cotter-sim"


class Stream(threading.Thread):
    """Executes on random devices as fast as they are acknowledged; remembers what was acknowledged."""

    def __init__(self, c, devices, seed):
        super().__init__(daemon=True)
        self.c, self.devices, self.random = c, devices, random.Random(seed)
        self.acknowledged, self.refused, self.stopping = {}, 0, False

    def run(self):
        n = 0
        while not self.stopping:
            n += 1
            endpoint = f"sim-{self.random.randrange(self.devices):06}"
            try:
                command = self.c.api("POST", f"/devices/{endpoint}/resources/3303/0/5605", {}, timeout=5,
                                     headers={"Idempotency-Key": f"kill-{n}"})
                self.acknowledged[command["id"]] = endpoint
            except (OSError, ValueError, harness.Failed):
                self.refused += 1
                time.sleep(0.02)
            time.sleep(0.01)

    def stop(self):
        self.stopping = True
        self.join(20)


def client_hellos(capture):
    """ClientHellos on the wire: every handshake begins with one."""
    return len(capture.fields("dtls.handshake.type == 1", "frame.number"))


def kill(c, choice, seed_random):
    """SIGKILL one of `choice`; the monitor is started again as its supervisor would."""
    if choice == "monitor":
        c.server.stop(signal.SIGKILL)
        c.start()
        return "monitor"
    if choice == "monitor and net":
        victims = c.processes()["net"]
        os.kill(c.server.pid, signal.SIGKILL)
        os.kill(victims[0], signal.SIGKILL)
        c.server.stop(signal.SIGKILL)
        c.start()
        return choice
    pids = until("the processes are there", lambda: c.processes().get(choice), 10)
    pid = seed_random.choice(pids)
    os.kill(pid, signal.SIGKILL)
    return f"{choice} {pid}"


def settle(c, stream, seconds=300):
    """Wait until no acknowledged command is open; {id: command}."""
    end, left, done = time.monotonic() + seconds, dict(stream.acknowledged), {}
    while left and time.monotonic() < end:
        for identity in list(left):
            command = c.api("GET", f"/commands/{identity}")
            if command["state"] not in ("queued", "sent"):
                done[identity] = command
                del left[identity]
        time.sleep(0.2)
    if left:
        raise Failed(f"{len(left)} acknowledged commands are still open: {list(left)[:3]}")
    return done


def run(c, o):
    chance = random.Random(o.seed)
    report = c.folder / "report.csv"
    c.start()
    argv = [SIM, "--json", "--count", o.devices, "--rate", 500, "--update", 15, "--lifetime", 120, "--stay",
            "--fleet", c.folder / "fleet.secret", "--provision", c.url, "--token-file", c.run / "admin.token",
            "--report", report, f"coaps://127.0.0.1:{c.coaps}"]
    sim = subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, text=True)
    stream = Stream(c, o.devices, o.seed)
    try:
        until("all devices have registered", lambda: c.api("GET", "/status")["registered"] == o.devices, 60)
        time.sleep(2)  # each session has carried a record both ways
        capture = Capture(c.folder, c.coaps, "kills", True)
        stream.start()
        choices = ["net", "hub", "keys", "http"] * (o.kills // 4 + 1)
        choices = choices[:max(0, o.kills - 3)] + ["monitor", "monitor", "monitor and net"][:min(3, o.kills)]
        chance.shuffle(choices)
        for number, choice in enumerate(choices, 1):
            time.sleep(chance.uniform(0.3, 1.2))
            what = kill(c, choice, chance)
            print(f"  {number:2}/{o.kills} SIGKILL {what:18} {len(stream.acknowledged)} commands acknowledged", flush=True)
        time.sleep(2)
        stream.stop()
        c.ready()
        commands = settle(c, stream)
        until("all are still registered", lambda: c.api("GET", "/status")["registered"] == o.devices, 30)
        capture.stop()
    finally:
        stream.stopping = True
        sim.send_signal(signal.SIGTERM)
        summary = json.loads(sim.communicate(timeout=30)[0] or "{}")
    judge(o, stream, commands, report, client_hellos(capture), summary)


def judge(o, stream, commands, report, hellos, summary):
    executed = {}
    for line in report.read_text().splitlines():
        endpoint, executes, _ = line.split(",")
        executed[endpoint] = int(executes)
    states, done = {}, {}
    for identity, endpoint in stream.acknowledged.items():
        state = commands[identity]["state"]
        states[state] = states.get(state, 0) + 1
        done[endpoint] = done.get(endpoint, 0) + (state == "done")
    wrong = [f"{endpoint}: {n} done, {executed.get(endpoint, 0)} carried out" for endpoint, n in done.items()
             if n > executed.get(endpoint, 0)]
    total = sum(executed.values())
    print(f"commands acknowledged {len(stream.acknowledged)}, refused at the API {stream.refused}, {states}; "
          f"carried out {total}; new handshakes {hellos}; devices lost {summary.get('lost')}")
    for command in [c for c in commands.values() if c["state"] != "done"][:5]:
        print(f"  not done: {command}")
    if set(states) != {"done"} or wrong:
        raise Failed(f"lost commands: {states} {wrong[:3]}")
    if total > states["done"] + stream.refused:  # a refused call may have been stored before its answer was lost
        raise Failed(f"{total} executes for {states['done']} commands: something was carried out twice")
    if hellos:
        raise Failed(f"{hellos} new handshakes")
    if not stream.acknowledged:
        raise Failed("no command was acknowledged: nothing was tested")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=24)
    options.add_argument("--devices", type=int, default=1000)
    options.add_argument("--seed", type=int, default=int(time.time()))
    o = options.parse_args()
    print(f"kills.py --seed {o.seed} --kills {o.kills} --devices {o.devices}")
    with Cotter() as c:
        try:
            run(c, o)
        except (Failed, urllib.error.URLError) as failure:
            c.keep = True
            print(f"FAILED: {failure}\nseed {o.seed}; logs in {c.folder}")
            return 1
    print("every acknowledged command has its outcome, nobody handshook again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
