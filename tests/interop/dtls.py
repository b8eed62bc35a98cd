#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DTLS handshakes with OpenSSL and GnuTLS, both ways: peer x mode x suite, a "ping" through and an answer back.

    dtls.py DTLS_PEER DTLS_DEVICE_PEER [ROW…]     the programs of tests/interop/dtls_peer.c and dtls_device_peer.c
                                                  ROW filters by substring

n/a: OpenSSL 3.0 has no raw public keys, neither has connection IDs. All runs in a network namespace of its own where
that is allowed (gnutls-serv listens on every address)."""
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

PSK = "42" * 16
GNUTLS = "NONE:+VERS-DTLS1.2:+COMP-NULL:+MAC-ALL:+SIGN-ECDSA-SHA256:+GROUP-SECP256R1:+CURVE-SECP256R1"
SUITES = {1: ("AES128-CCM8", "AES-128-CCM-8"), 2: ("AES128-CCM", "AES-128-CCM"), 3: ("AES128-GCM-SHA256", "AES-128-GCM")}


class Program:
    """A child whose output is read with a deadline."""

    def __init__(self, command):
        self.text = ""
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)

    def wait_for(self, words, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for word in words:
                if word in self.text:
                    return word
            if select.select([self.process.stdout], [], [], 0.1)[0]:
                piece = self.process.stdout.read()
                if piece:
                    self.text += piece.decode(errors="replace")
                elif self.process.poll() is not None:
                    break
        return next((word for word in words if word in self.text), None)

    def say(self, text):
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; its output says why

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def openssl_cipher(mode, suite):
    name = SUITES[suite][0]
    return ("PSK-" if mode == "psk" else "ECDHE-ECDSA-") + name + ":@SECLEVEL=0"


def gnutls_priority(mode, suite):
    kx = "+PSK" if mode == "psk" else "+ECDHE-ECDSA"
    ctype = {"psk": "", "x509": ":+CTYPE-X509", "rpk": ":+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK"}[mode]
    return f"{GNUTLS}:{kx}:+{SUITES[suite][1]}{ctype}"


def openssl_server(d, mode, suite, port):
    if mode == "psk":
        own = ["-nocert", "-psk", PSK, "-psk_identity", "device-1"]
    else:
        own = ["-cert", d / "server.pem", "-key", d / "server.key.pem", "-CAfile", d / "ca.pem", "-Verify", "2",
               "-verify_return_error"]
    return ["openssl", "s_server", "-dtls1_2", "-listen", "-accept", f"127.0.0.1:{port}", "-cipher",
            openssl_cipher(mode, suite), *own], "ACCEPT"


def openssl_client(d, mode, suite, port):
    if mode == "psk":
        own = ["-psk", PSK, "-psk_identity", "device-1"]
    else:
        own = ["-cert", d / "device.pem", "-key", d / "device.key.pem", "-CAfile", d / "ca.pem",
               "-verify_return_error"]
    return ["openssl", "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}", "-cipher",
            openssl_cipher(mode, suite), *own]


def gnutls_keys(d, mode, name):
    if mode == "x509":
        return ["--x509keyfile", d / f"{name}.key.pem", "--x509certfile", d / f"{name}.pem", "--x509cafile", d / "ca.pem"]
    return ["--rawpkkeyfile", d / f"{name}.key.pem", "--rawpkfile", d / f"{name}.pub.pem"]


def gnutls_server(d, mode, suite, port):
    own = ["--pskpasswd", d / "psk.txt"] if mode == "psk" else gnutls_keys(d, mode, "server") + ["--require-client-cert"]
    return ["gnutls-serv", "--udp", "--echo", "-p", port, "--priority", gnutls_priority(mode, suite), *own], "listening"


def gnutls_client(d, mode, suite, port):
    priority = gnutls_priority(mode, suite)
    if mode == "psk":
        own = ["--pskusername", "device-1", "--pskkey", PSK]
        if suite == 2:
            priority += ":%NO_SESSION_HASH"  # a master secret of both randoms
    else:
        own = gnutls_keys(d, mode, "device")
    if mode != "x509":
        own.append("--insecure")
    return ["gnutls-cli", "--udp", "-p", port, "--priority", priority, *own, "localhost"]


def row_theirs_serves(us, d, server, mode, suite, port):
    """Our client at their server."""
    command, ready = server(d, mode, suite, port)
    them = Program(command)
    them.wait_for([ready], 5)
    ours = Program([us, "client", mode, d, port, suite])
    if them.wait_for(["ping"], 8) and server is openssl_server:
        them.say("pong\n")
    result = ours.wait_for(["ok ", "refused"], 12)
    ours.end()
    them.end()
    return result == "ok " and f"ok {mode} suite {suite}" in ours.text, ours.text + "\n--- them\n" + them.text


def row_ours_serves(us, d, client, mode, suite, port):
    """Their client at our server."""
    ours = Program([us, "server", d, port])
    ours.wait_for(["ready"], 5)
    them = Program(client(d, mode, suite, port))
    started = them.wait_for(["Handshake was completed", "SSL-Session", "Verify return code", "rror"], 8)
    them.say("ping\n")
    heard = ours.wait_for(["ok ", "refused"], 8)
    answered = them.wait_for(["ping"], 5)
    them.end()
    ours.end()
    good = heard == "ok " and f"ok {mode} suite {suite}" in ours.text and answered is not None
    return good, f"{started}\n{ours.text}\n--- them\n{them.text}"


def row_ourselves(us, d, client, mode, suite, port):
    """The device's configuration of Mbed TLS at our server, with and without connection IDs."""
    text = ""
    for nocid in ([], ["nocid"]):
        ours = Program([us, "server", d, port])
        ours.wait_for(["ready"], 5)
        them = Program([client, "client", mode, d, port, suite, *nocid])
        result = them.wait_for(["ok ", "refused"], 12)
        ours.wait_for(["ok ", "refused"], 5)
        them.end()
        ours.end()
        text += them.text + ours.text
        if result != "ok " or f"ok {mode} suite {suite}" not in ours.text:
            return False, text
        port += 1000
    return True, text


def rows(device):
    for suite in (1, 2):  # no GCM there
        for mode in ("psk", "x509", "rpk"):
            yield "device client", row_ourselves, device, mode, suite
    for suite in (1, 2, 3):
        for mode in ("psk", "x509"):
            yield "openssl server", row_theirs_serves, openssl_server, mode, suite
            yield "openssl client", row_ours_serves, openssl_client, mode, suite
        for mode in ("psk", "x509", "rpk"):
            yield "gnutls server", row_theirs_serves, gnutls_server, mode, suite
            yield "gnutls client", row_ours_serves, gnutls_client, mode, suite


def main():
    if os.environ.get("COTTER_DTLS_NETNS") is None and shutil.which("unshare"):
        inner = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, *sys.argv]
        if subprocess.run(["unshare", "-rn", "sh", "-c", "ip link set lo up"], capture_output=True).returncode == 0:
            os.environ["COTTER_DTLS_NETNS"] = "1"
            os.execvp("unshare", inner)
    us, device = map(os.path.abspath, sys.argv[1:3])
    wanted = sys.argv[3:]
    failed = 0
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        d = pathlib.Path(folder)
        subprocess.run([us, "certs", folder], check=True)
        (d / "psk.txt").write_text(f"device-1:{PSK}\n")
        port = 20000 + os.getpid() % 20000
        print(f"{'peer':16} {'mode':6} {'CID':4} {'suite':14} result")
        for name, run, peer, mode, suite in rows(device):
            cid = "both" if run is row_ourselves else "n/a"  # with and without
            title = f"{name:16} {mode:6} {cid:4} {SUITES[suite][1]:14}"
            if wanted and not all(w in title for w in wanted):
                continue
            count += 1
            port += 1
            good, text = run(us, d, peer, mode, suite, port)
            print(f"{title} {'ok' if good else 'FAILED'}", flush=True)
            if not good:
                failed += 1
                print(text)
        for name in ("openssl server", "openssl client"):
            print(f"{name:16} {'rpk':6} {'n/a':4} {'-':14} n/a")
    print(f"dtls interop: {count - failed} of {count} passed")
    return 0 if failed == 0 and count > 0 else 1


sys.exit(main())
