#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our device against Eclipse Leshan as the server: NoSec, PSK, RPK and X.509 (usage 3), Connection ID,
every operation of the spine, and a capture of each with the CoAP inside looked at. Prints a table; exit 0 only when all hold.
  leshan_server.py DEVICE [MODE…]   DEVICE: cotter_device_keylog, which is cotter-device with a key log"""
import base64
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from capture import check_inside, seen
from peers import Capture, Keys, Leshan
from harness import Failed, Process, free_port, until

PSK = "00112233445566778899aabbccddeeff"


def want(seen, wanted, what):
    if seen != wanted:
        raise Failed(f"{what}: {seen!r} instead of {wanted!r}")


class Case:
    def __init__(self, folder, mode, program):
        self.mode, self.program = mode, program
        self.ep = f"cotter-{mode}"
        self.folder = pathlib.Path(folder) / self.ep
        self.folder.mkdir()
        self.coap, self.coaps = free_port(), free_port()
        self.own, self.server = Keys(self.folder, "device"), Keys(self.folder, "server")

    def leshan(self):
        options = ["--coap", self.coap, "--coaps", self.coaps, "--timeout", 20000, "--cid", 6]
        if self.mode == "rpk":
            options += ["--rpk", self.server.file("spki.der"), self.server.file("pk8.der")]
        if self.mode == "x509":
            self.server.certificate("localhost")
            self.own.certificate(self.ep)
            options += ["--x509", self.server.file("cert.der"), self.server.file("pk8.der"), self.own.file("cert.der")]
        return Leshan("LeshanServer", self.folder, *options)

    def provision(self, leshan):
        if self.mode == "psk":
            leshan.ask(f"psk {self.ep} {self.ep}-id {PSK}")
        elif self.mode == "rpk":
            leshan.ask(f"rpk {self.ep} {self.own.file('spki.der')}")
        elif self.mode == "x509":
            leshan.ask(f"x509 {self.ep}")

    def credentials(self):
        lines = [f"endpoint = {self.ep}", f"mode = {self.mode}"]
        uri = f"coap://127.0.0.1:{self.coap}" if self.mode == "nosec" else f"coaps://127.0.0.1:{self.coaps}"
        lines.append(f"server = {uri}")
        if self.mode == "psk":
            lines += [f"psk_identity = {self.ep}-id", f"psk_key = {PSK}"]
        if self.mode in ("rpk", "x509"):
            scalar = self.scalar()
            lines.append(f"private_key = {scalar}")
        if self.mode == "rpk":
            lines += [f"public_key = {self.own.spki()}", f"server_public_key = {self.server.spki()}"]
        if self.mode == "x509":
            encode = lambda keys: base64.b64encode(keys.file("cert.der").read_bytes()).decode()  # noqa: E731
            lines += [f"certificate = {encode(self.own)}", f"server_certificate = {encode(self.server)}"]
        file = self.folder / "credentials"
        file.touch(0o600)
        file.write_text("\n".join(lines) + "\n")
        return file

    def scalar(self):
        der = self.own.file("pk8.der").read_bytes()
        at = der.index(b"\x02\x01\x01\x04\x20") + 5  # ECPrivateKey: version 1, OCTET STRING of 32 bytes
        return der[at:at + 32].hex()

    def run(self):
        secure = self.mode != "nosec"
        keylog = self.folder / "keys" if secure else None
        capture = Capture(self.folder, self.coaps if secure else self.coap, "capture", secure)
        try:
            self.talk({"SSLKEYLOGFILE": str(keylog)} if secure else None)
        finally:
            capture.stop()
        check_inside(capture, keylog)
        if secure:
            seen(capture, "connection ID", "dtls.record.connection_id", keylog)

    def talk(self, env):
        with self.leshan() as leshan:
            leshan.expect(60, event="ready")
            self.provision(leshan)
            device = Process("device", [self.program, "--lifetime", 60, self.credentials()], self.folder / "device.log", env)
            try:
                leshan.expect(event="registered")
                self.operate(leshan, device)
                device.stop(signal.SIGTERM)
                leshan.expect(event="deregistered")
            except Failed as e:
                raise Failed(f"{e}\ndevice: {device.text()[-800:]}") from None
            finally:
                device.stop()

    def ask(self, leshan, command, code="2.05"):
        name, _, rest = command.partition(" ")
        answer = leshan.ask(f"{name} {self.ep} {rest}")
        want(answer.get("code"), code, command + f" ({answer})")
        return answer.get("content")

    @staticmethod
    def updates(device, count):
        until(f"{count} registration updates", lambda: device.text().count("event=updated") >= count)

    def operate(self, leshan, device):
        def ask(command, code="2.05"):
            return self.ask(leshan, command, code)
        ask("read /3/0/3 TEXT")
        for form in ("TLV", "SENML_CBOR"):
            ask(f"read /3/0 {form}")
            ask(f"read /3303/0/5700 {form}")
            ask(f"read /1 {form}")
        ask("read /3/0")
        ask("read /0/0", "4.01")
        ask("read /3/7", "4.04")
        ask("write /1/0/1 @TLV 90", "2.04")
        self.updates(device, 1)
        ask("write /1/0/2 @SENML_CBOR 1", "2.04")
        ask("write /1/0/2 @TEXT 0", "2.04")
        ask("writei /1/0 2=0 3=0", "2.04")
        ask("write /3/0/0 @TEXT nobody", "4.05")
        ask("exec /3303/0/5605", "2.04")
        ask("exec /1/0/8", "2.04")
        self.updates(device, 2)
        links = ask("discover /3303")
        if "</3303/0/5700>" not in links:
            raise Failed(f"discover: {links}")
        ask("attrs /3303/0/5700 pmin=1 pmax=5", "2.04")
        ask("observe /3303/0/5700 TEXT")
        for _ in range(2):
            leshan.expect(event="notification")
        ask("cancelx /3303/0/5700")
        ask("observe /3303/0/5700 TEXT")
        self.move(leshan, device)
        self.quiet(leshan, device, ask)

    def move(self, leshan, device):
        """Another UDP port. Leshan keeps sending to the old one until the next Update, but hears us by our CID."""
        device.popen.send_signal(signal.SIGUSR1)
        until("the new port", lambda: "event=rebind" in device.text())
        if self.mode != "nosec":
            want("connection_id=yes" in device.text(), True, "a connection ID")
            time.sleep(0.5)
            while not leshan.lines.empty():
                leshan.lines.get()
            leshan.expect(event="notification")
        if self.mode != "nosec":
            want(device.text().count("event=handshake"), 1, "handshakes")

    @staticmethod
    def quiet(leshan, device, ask):
        if "connection_id" in device.text():
            return
        ask("cancel /3303/0/5700", None)
        time.sleep(2)
        seen = device.text().count("event=notify")
        time.sleep(3)
        want(device.text().count("event=notify"), seen, "notifications after a Reset")


def main():
    folder = tempfile.mkdtemp(prefix="cotter-interop-")
    program, only = sys.argv[1], sys.argv[2:]
    failed = 0
    print(f"{'peer':16} {'mode':6} {'CID':4} result")
    for mode in only or ("nosec", "psk", "rpk", "x509"):
        begun = time.monotonic()
        try:
            Case(folder, mode, program).run()
            result = f"ok {time.monotonic() - begun:.1f} s"
        except Failed as e:
            failed += 1
            result = f"FAILED {e} (logs in {folder})"
        print(f"{'Leshan server':16} {mode:6} {'n/a' if mode == 'nosec' else 'yes':4} {result}", flush=True)
    if not failed:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
