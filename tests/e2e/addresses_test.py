#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device reaches its server by IPv4, by IPv6 and by a host name that is both."""
import sys

from harness import Cotter, Failed, until


def check(c, endpoint, server):
    c.cotter("device", "add", endpoint, "--psk")
    file = c.folder / f"{endpoint}.cred"
    lines = [f"server = coaps://{server}:{c.coaps}" if line.startswith("server = ") else line
             for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines) + "\n")
    c.device(endpoint)
    device = c.registered(endpoint)
    until("it answers", lambda: c.cotter("read", endpoint, "/3/0/0", "--json")["values"][0]["value"] == "Cotter")
    print(f"{server:10} seen at {device['address']}", flush=True)
    return device["address"]


def main():
    with Cotter(ipv6=True) as c:
        try:
            c.start()
            check(c, "by-v4", "127.0.0.1")
            if not check(c, "by-v6", "[::1]").startswith("[::1]:"):
                raise Failed("the IPv6 device is not seen at ::1")
            check(c, "by-name", "localhost")
        except Failed as failure:
            c.keep = True
            print(f"FAILED: {failure}; logs in {c.folder}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
