#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Secrets stay where they belong: known keys are given to the server through the API and a CSV file, devices register with
them, and one is upgraded. Afterwards no key is in a log, in a file of the server or in the command line or the environment of
a process, neither raw nor in hex nor in base64. The credential files that an operator wrote are the only places."""
import base64
import contextlib
import os
import pathlib
import secrets
import sys

from harness import DEVICE_2, Cotter, Failed, until

ADDED, IMPORTED = "added", "imported"


def forms(key):
    """What a key looks like in a file: raw, hex, and base64 at each of three alignments within other bytes."""
    found = {"raw": key, "hex": key.hex().encode(), "HEX": key.hex().upper().encode()}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + key)
        whole = text[-(-shift * 4 // 3):len(text) - 4]  # but for the digits that neighbours share
        found[f"base64+{shift}"] = whole
        found[f"base64url+{shift}"] = whole.replace(b"+", b"-").replace(b"/", b"_")
    return found


def leaks(secret, places):
    """["form of NAME in PLACE", …] of {name: key} in {place: bytes}."""
    return [f"{name} ({form}) in {place}" for name, key in secret.items() for form, text in forms(key).items()
            for place, data in places.items() if text in data]


def files(folder, but):
    return {str(p): p.read_bytes() for p in sorted(pathlib.Path(folder).rglob("*")) if p.is_file() and p not in but}


def processes(c):
    """Command lines and environments of the server's processes and of the devices."""
    pids = [pid for ids in c.processes().values() for pid in ids] + [d.pid for d in c.devices.values()]
    places = {f"/proc/{pid}/cmdline": pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids}
    for pid in pids:
        with contextlib.suppress(PermissionError):  # nobody but root may look at some
            places[f"/proc/{pid}/environ"] = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    return places


def private(path, text):
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def provision(c, secret):
    """One device through the API, one through a CSV file; returns the files that may hold secrets."""
    c.api("POST", "/devices", {"endpoint": ADDED, "mode": "psk", "identity": ADDED, "secret": secret[ADDED].hex(),
                               "group": "g"})
    csv = private(c.folder / "import.csv", f"{IMPORTED},psk,{IMPORTED},{secret[IMPORTED].hex()},g\n")
    c.cotter("device", "import", csv)
    may = [csv]
    for endpoint in (ADDED, IMPORTED):
        may.append(private(c.folder / f"{endpoint}.cred", f"endpoint = {endpoint}\nmode = psk\nserver = "
                           f"coaps://127.0.0.1:{c.coaps}\npsk_identity = {endpoint}\npsk_key = {secret[endpoint].hex()}\n"))
    return may


def refusals(c, secret):
    """What is refused is not shown either: twice the same device, a key that is too long, an unknown mode."""
    for body in ({"endpoint": ADDED, "mode": "psk", "secret": secret[ADDED].hex()},
                 {"endpoint": "long", "mode": "psk", "secret": secret[ADDED].hex() * 9},
                 {"endpoint": "odd", "mode": "what", "secret": secret[ADDED].hex()}):
        try:
            c.api("POST", "/devices", body)
        except OSError as refused:
            if leaks(secret, {"the answer": refused.problem.encode()}):
                raise Failed(f"a refusal shows the key: {refused.problem}") from None
            continue
        raise Failed(f"{body['endpoint']} was taken")


def upgrade(c, passphrase):
    c.cotter("release", "create", "--vendor", "cotter.example", "--class", "demo-sensor", "--sequence", "2", "--version",
             "2.0.0", "--out", "2.suit", DEVICE_2)
    c.cotter("release", "sign", "--key", "release.key", "--passphrase-file", passphrase, "2.suit")
    c.cotter("release", "publish", c.folder / "2.suit", "--version", "2.0.0", "--group", "g")
    until("the upgrade", lambda: c.show(ADDED)["version"] == "2.0.0", 60)


def scan(c, secret, may):
    places = {**files(c.folder, may), **processes(c)}
    if not any(p.endswith(".db") or "sqlite" in p for p in places) or not any(p.endswith("cotterd.log") for p in places):
        raise Failed(f"the scan misses the database or the log: {sorted(places)}")
    found = leaks(secret, places)
    if found:
        raise Failed("; ".join(found[:5]))
    print(f"{len(places)} files, command lines and environments hold none of {len(secret)} secrets")


def positive_control(secret):
    """The search finds each form of each key."""
    key = secret[ADDED]
    for data in (key, key.hex().encode(), key.hex().upper().encode(), *(base64.b64encode(b"xyz"[:n] + key) for n in range(3))):
        if not leaks(secret, {"": b"..." + data + b"..."}):
            raise Failed(f"the search does not find {data!r}")


def main():
    secret = {ADDED: secrets.token_bytes(16), IMPORTED: secrets.token_bytes(16), "passphrase": os.urandom(12).hex().encode()}
    positive_control(secret)
    with Cotter() as c:
        c.start()
        passphrase = private(c.folder / "passphrase", secret["passphrase"].decode() + "\n")
        c.cotter("release", "keygen", "release.key", "--passphrase-file", passphrase)
        c.cotter("group", "add", "g", "--vendor", "cotter.example", "--class", "demo-sensor", "--policy", "automatic",
                 "--release-key", "release.key.pub")
        may = [*provision(c, secret), passphrase, c.run / "admin.token"]
        refusals(c, secret)
        secret["admin token"] = c.token().encode()
        for endpoint in (ADDED, IMPORTED):
            c.device(endpoint, None, "--anchor", c.folder / "release.key.pub", "--lifetime", "60")
            c.registered(endpoint)
        scan(c, secret, may)
        upgrade(c, passphrase)
        scan(c, secret, may)
        c.stop()
        c.start()
        c.registered(ADDED)
        scan(c, secret, may)
        for open_file in (p for p in may if p.stat().st_mode & 0o007):
            raise Failed(f"{open_file} is readable for everyone")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        print("secrets:", failed)
        sys.exit(1)
