#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Eclipse Leshan as the client, cotterd as the server: every security mode, every operation of the spine, and a
capture of each mode that tshark dissects without an error. Prints a table; exit 0 only when all cells hold."""
import sys

import peers
from capture import check_clean, check_inside, seen
from harness import Cotter, Failed, until
from peers import Capture, Keys, Leshan

PSK = "00112233445566778899aabbccddeeff"


class Case:
    def __init__(self, c, mode):
        self.c, self.mode = c, mode
        self.endpoint = f"leshan-{mode}"

    def provision(self, ca):
        """Add the device; returns the options that the Leshan client needs."""
        body = {"endpoint": self.endpoint, "mode": self.mode}
        options = []
        if self.mode == "psk":
            body |= {"identity": self.endpoint, "secret": PSK}
            options = ["--psk", self.endpoint, PSK]
        elif self.mode != "nosec":
            keys = Keys(self.c.folder, self.endpoint)
            server = self.server_files()
            if self.mode == "rpk":
                body["public_key"] = keys.spki()
                options = ["--rpk", keys.file("spki.der"), keys.file("pk8.der"), server["spki"]]
            else:
                body["identity"] = self.endpoint
                options = ["--x509", keys.certificate(self.endpoint, ca), keys.file("pk8.der"), server["cert"]]
        self.c.api("POST", "/devices", body)
        return options

    def server_files(self):
        status = self.c.api("GET", "/status")
        pem = self.c.folder / "server.pem"
        pem.write_text(status["server_certificate"])
        cert, spki = self.c.folder / "server.cert.der", self.c.folder / "server.spki.der"
        peers.openssl("x509", "-in", pem, "-outform", "DER", "-out", cert)
        public = peers.openssl("x509", "-in", pem, "-noout", "-pubkey")
        peers.openssl("pkey", "-pubin", "-outform", "DER", "-out", spki, data=public)
        return {"cert": cert, "spki": spki}

    def uri(self):
        secure = self.mode != "nosec"
        return f"coap{'s' if secure else ''}://127.0.0.1:{self.c.coaps if secure else self.c.coap}"

    def run(self, ca):
        options = self.provision(ca)
        port = self.c.coap if self.mode == "nosec" else self.c.coaps
        capture = Capture(self.c.folder, port, self.endpoint, self.mode != "nosec")
        try:
            with Leshan("LeshanClient", self.c.folder, "-n", self.endpoint, "-u", self.uri(), *options) as client:
                client.expect(event="registered")
                self.operate(client)
                client.say("update")
                client.expect(event="updated")
                client.close()
            until("the device has deregistered", lambda: not self.c.show(self.endpoint)["registered"])
        finally:
            capture.stop()
        self.dissect(capture)

    def operate(self, client):
        c, ep = self.c, self.endpoint
        device = c.registered(ep)
        want(device["mode"], self.mode, "mode")
        want(value(c.api("GET", f"/devices/{ep}/resources/3/0/0")), "interop", "read")
        client.say("set 21.5")
        want(value(c.api("GET", f"/devices/{ep}/resources/3303/0/5700")), 21.5, "read of a float")
        done(c.api("PUT", f"/devices/{ep}/resources/3303/0/5750?wait=10", {"value": "cellar"}), "write")
        want(value(c.api("GET", f"/devices/{ep}/resources/3303/0/5750")), "cellar", "what was written")
        done(c.api("POST", f"/devices/{ep}/resources/3303/0/5605?wait=10", {}), "execute")
        links = c.api("GET", f"/devices/{ep}/links/3303/0")["links"]
        if "/3303/0/5700" not in [link["path"] for link in links]:
            raise Failed(f"discover: {links}")
        done(c.api("PUT", f"/devices/{ep}/observations/3303/0/5700?wait=10", {}), "observe")
        client.say("set 33.25")
        until("the notification is stored", lambda: stored(c, ep, "/3303/0/5700") == 33.25)
        done(c.api("DELETE", f"/devices/{ep}/observations/3303/0/5700?wait=10"), "cancel")

    def dissect(self, capture):
        """Leshan gives no key log: inside is looked at without security only."""
        if self.mode == "nosec":
            check_inside(capture)
            return
        check_clean(capture)
        seen(capture, "Connection ID, which Leshan's client always offers", "dtls.record.connection_id")


def want(seen, wanted, what):
    if seen != wanted:
        raise Failed(f"{what}: {seen!r}, not {wanted!r}")


def value(answer):
    return answer["values"][0]["value"]


def stored(c, endpoint, path):
    items = c.api("GET", f"/devices/{endpoint}/values")["items"]
    return next((i["value"] for i in items if i["path"] == path), None)


def done(command, what):
    want(command["state"], "done", f"{what} {command.get('detail')}")


def main():
    failed = 0
    with Cotter(nosec=True, keep=True) as c:
        ca = Keys(c.folder, "factory")
        ca.certificate("factory", ca=True)
        (c.folder / "ca").mkdir()
        (c.folder / "ca" / "ca.pem").write_text(ca.file("cert.pem").read_text())
        c.start()
        print(f"{'peer':16} {'mode':6} {'CID':4} result")
        for mode in ("nosec", "psk", "rpk", "x509"):
            try:
                Case(c, mode).run(ca)
                result = "ok"
            except Failed as failure:
                failed += 1
                result = f"FAILED {failure} (logs in {c.folder})"
            print(f"{'Leshan client':16} {mode:6} {'n/a' if mode == 'nosec' else 'yes':4} {result}", flush=True)
        c.keep = failed > 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
