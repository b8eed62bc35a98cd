#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A correctly signed release that does not work: the trial that exits, and the one that is killed before it has reached
its server, both leave the device on the old image, which says so by 5/0/5 = 8, and a good release can follow."""
import os
import re
import signal
import sys

from harness import DEVICE_2, Cotter, Failed, until

EP = "trial"


def release(c, version, sequence, image):
    passphrase = c.folder / "passphrase"
    c.cotter("release", "create", "--vendor", "cotter.example", "--class", "demo-sensor", "--sequence", str(sequence),
             "--version", version, "--out", f"{version}.suit", image)
    c.cotter("release", "sign", "--key", "release.key", "--passphrase-file", passphrase, f"{version}.suit")
    c.cotter("release", "publish", c.folder / f"{version}.suit", "--version", version, "--group", "demo")
    c.cotter("upgrade", "start", "demo")


def script(c, name, command):
    path = c.folder / name
    path.write_text(f"#!/bin/sh\n{command}\n" + f"# {'x' * 97}\n" * 2200)  # as large as a real image
    return path


def starts(device, slot):
    return re.findall(rf"event=start slot={slot} pid=(\d+)", device.text())


def attempt(c):
    try:
        return c.cotter("read", EP, "/3/0/3", "--json")["values"][0]["value"]
    except Failed:
        return None


def back_on_old(c, device, count):
    until("the old image runs again", lambda: len(starts(device, 0)) == count, 30)
    c.registered(EP)
    until("the last update has failed", lambda: len(re.findall(r"event=boot .* slot=0 .* result=8", device.text()))
          == count - 1, 20)
    until("the device reports 1.0.0", lambda: attempt(c) == "1.0.0", 20)


def main():
    with Cotter() as c:
        c.start()
        passphrase = c.folder / "passphrase"
        passphrase.touch(mode=0o600)
        passphrase.write_text("only for the test\n")
        c.cotter("release", "keygen", "release.key", "--passphrase-file", passphrase)
        c.cotter("group", "add", "demo", "--vendor", "cotter.example", "--class", "demo-sensor", "--policy", "automatic",
                 "--release-key", "release.key.pub")
        c.cotter("device", "add", EP, "--psk", "--group", "demo", "--out", f"{EP}.cred")
        device = c.device(EP, None, "--anchor", c.folder / "release.key.pub", "--lifetime", "60")
        c.registered(EP)
        release(c, "1.5.0", 2, script(c, "exits", "exit 3"))
        until("the trial is started", lambda: starts(device, 1), 60)
        c.cotter("upgrade", "stop", "demo")
        back_on_old(c, device, 2)
        print("a trial that exits: back on the old image, 5/0/5 = 8")
        tried = len(starts(device, 1))
        release(c, "1.6.0", 3, script(c, "hangs", "exec sleep 1000"))
        until("the second trial is started", lambda: len(starts(device, 1)) > tried, 60)
        c.cotter("upgrade", "stop", "demo")
        os.kill(int(starts(device, 1)[-1]), signal.SIGKILL)
        back_on_old(c, device, 3)
        print("a trial that is killed: back on the old image, 5/0/5 = 8")
        release(c, "2.0.0", 4, DEVICE_2)
        until("the device reports 2.0.0", lambda: c.show(EP)["version"] == "2.0.0", 60)
        print("a good release follows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
