#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libcoap's coap-client as a device without security: what a plain CoAP client may ask of cotterd, and what it gets.
What libcoap will not send (a ping of its own accord, malformed messages) comes from a socket."""
import re
import socket
import subprocess
import sys

from peers import Failed, free_port
from harness import Cotter, until

LINKS = ["-t", "40", "-e", "</1/0>,</3/0>"]
DEVICE = "lt=60&lwm2m=1.1&b=U"


class Client:
    """coap-client from one port: a device is an address."""

    def __init__(self, c):
        self.uri, self.port = f"coap://127.0.0.1:{c.coap}", free_port(socket.SOCK_DGRAM)
        self.failed = 0
        print(f"{'peer':16} {'mode':6} {'CID':4} {'request':44} result")

    def ask(self, what, code, method, path, *options):
        """The text of coap-client, whose answer's code has to be `code`."""
        argv = ["coap-client-notls", "-v", "7", "-B", "5", "-p", self.port, "-m", method, *options, self.uri + path]
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, errors="replace", check=False)
        text = done.stdout + done.stderr
        codes = re.findall(r"v:1 t:\w+ c:([0-9]\.[0-9]{2}) ", text)
        self.row(what, codes == [code], f"{codes} instead of {code}")
        return text

    def row(self, what, good, seen):
        self.failed += not good
        print(f"{'libcoap client':16} {'nosec':6} {'n/a':4} {what:44} {'ok' if good else f'FAILED {seen}'}", flush=True)


def raw(c, message):
    """The one datagram that answers, or nothing within half a second."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.5)
        s.sendto(message, ("127.0.0.1", c.coap))
        try:
            return s.recv(1500)
        except TimeoutError:
            return b""


def questions(client):
    client.ask("GET /.well-known/core: nothing to offer", "4.04", "get", "/.well-known/core")
    client.ask("GET of an unknown path", "4.04", "get", "/nothing")
    client.ask("GET /rd", "4.05", "get", "/rd")
    client.ask("GET /rd, non-confirmable", "4.05", "get", "/rd", "-N")
    client.ask("PUT /rd", "4.05", "put", "/rd", "-e", "x")
    client.ask("an unknown critical option", "4.02", "get", "/rd", "-O", "2049,x")
    client.ask("an unknown elective option", "4.05", "get", "/rd", "-O", "2050,x")


def registration(c, client):
    client.ask("POST /rd without an endpoint", "4.00", "post", f"/rd?{DEVICE}", *LINKS)
    client.ask("POST /rd of an unknown endpoint", "4.03", "post", f"/rd?ep=nobody&{DEVICE}", *LINKS)
    client.ask("POST /rd in CBOR", "4.15", "post", f"/rd?ep=plain&{DEVICE}", "-t", "60", "-e", "x")
    text = client.ask("POST /rd", "2.01", "post", f"/rd?ep=plain&{DEVICE}", *LINKS)
    place = "/" + "/".join(re.findall(r"Location-Path:([^, \]]+)", text))
    c.registered("plain", 5)
    paths = [o["path"] for o in c.show("plain")["objects"]]
    client.row("its objects are known", paths == ["/1/0", "/3/0"], paths)
    client.ask("refresh", "2.04", "post", f"{place}?lt=90")
    until("the new lifetime", lambda: c.show("plain")["lifetime"] == 90, 5)
    client.ask("refresh of another's place", "4.04", "post", "/rd/AAAAAAAAAAAAAAAAAAAAAA")
    client.ask("DELETE", "2.02", "delete", place)
    until("it is gone", lambda: not c.show("plain")["registered"], 5)
    client.ask("DELETE again", "4.04", "delete", place)
    client.ask("refresh afterwards", "4.04", "post", place)


def sockets(c, client):
    """RFC 7252 sections 3, 4.2 and 4.3."""
    for what, message, wanted in (
            ("ping: Reset", "40000123", "70000123"),
            ("option longer than the message: Reset", "40010124beffff", "70000124"),
            ("reserved option length 15: Reset", "40010125bf", "70000125"),
            ("payload marker without payload: Reset", "40010126ff", "70000126"),
            ("token length 9: Reset", "49010127010203040506070809", "70000127"),
            ("the same, non-confirmable: silence", "50010128beffff", ""),
            ("another version: silence", "80000129", "")):
        seen = raw(c, bytes.fromhex(message)).hex()
        client.row(what, seen == wanted, seen)


def main():
    with Cotter(nosec=True) as c:
        c.start()
        c.cotter("device", "add", "plain", "--nosec", "--out", "plain.cred")
        client = Client(c)
        questions(client)
        registration(c, client)
        sockets(c, client)
    return 1 if client.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        print("libcoap:", failed)
        sys.exit(1)
