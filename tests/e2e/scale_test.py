#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Size: 100,000 lines imported by `cotter device import` within 30 s, and 100,000 simulated devices registered over
DTLS PSK with Connection ID by one cotter-sim, none lost."""
import json
import secrets
import signal
import subprocess
import sys
import time

from harness import BUILD, Cotter, Failed, until

SIM = BUILD / "sim" / "cotter-sim"
COUNT = 100_000


def import_fleet(c):
    fleet = c.folder / "fleet.csv"
    fleet.touch(mode=0o600)
    lines = [f"meter-{i:06},psk,meter-{i:06},{secrets.token_hex(16)}," for i in range(COUNT)]
    fleet.write_text("endpoint,mode,identity,secret,group\n" + "\n".join(lines) + "\n")
    begun = time.monotonic()
    c.cotter("device", "import", fleet, timeout=120)
    seconds = time.monotonic() - begun
    if c.api("GET", "/status")["devices"] != COUNT:
        raise Failed("not all lines became devices")
    if seconds > 30:
        raise Failed(f"the import took {seconds:.1f} s")
    print(f"import: {COUNT} lines in {seconds:.1f} s", flush=True)


def register_fleet(c):
    argv = [SIM, "--json", "--count", COUNT, "--rate", 3000, "--lifetime", 3600, "--stay", "--fleet", c.folder / "fleet.secret",
            "--provision", c.url, "--token-file", c.run / "admin.token", f"coaps://127.0.0.1:{c.coaps}"]
    begun = time.monotonic()
    sim = subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, text=True)
    try:
        until("all have registered", lambda: c.api("GET", "/status")["registered"] >= COUNT, 180, 0.5)
        print(f"fleet: {COUNT} devices registered in {time.monotonic() - begun:.1f} s", flush=True)
    finally:
        sim.send_signal(signal.SIGTERM)
        row = json.loads(sim.communicate(timeout=60)[0])
    if row["lost"] or row["handshakes"] != COUNT:
        raise Failed(f"devices were lost or shook hands twice: {row}")


def main():
    with Cotter(extra=f"max_devices = {2 * COUNT};\n") as c:
        try:
            c.start()
            import_fleet(c)
            register_fleet(c)
        except Failed as failure:
            c.keep = True
            print(f"FAILED: {failure}; logs in {c.folder}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
