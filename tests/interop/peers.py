# SPDX-License-Identifier: Apache-2.0
"""The peers that nobody here wrote, as the interop tests drive them; and the keys that both ends need."""
import base64
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import ROOT, Failed, free_port  # noqa: E402,F401

LESHAN = ROOT / ".deps" / "leshan"


class Leshan:
    """LeshanServer or LeshanClient: commands in, one JSON line an event out."""

    def __init__(self, name, folder, *args):
        self.name = name
        self.log = open(pathlib.Path(folder) / f"{name}.log", "ab")
        argv = ["java", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
                f"{LESHAN}/classes:{LESHAN}/lib/*", f"peer.{name}", *map(str, args)]
        self.p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.p.stdout:
            self.log.write((">" + line).encode())
            self.lines.put(json.loads(line))

    def say(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()

    def expect(self, seconds=20, **want):
        """The next event that has all of `want`."""
        end = time.monotonic() + seconds
        seen = []
        while True:
            try:
                event = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise Failed(f"{self.name}: no {want} within {seconds} s; came: {seen[-3:]}") from None
            if all(event.get(k) == v for k, v in want.items()):
                return event
            seen.append(event)

    def ask(self, line, seconds=20):
        self.say("#t " + line)
        return self.expect(seconds, tag="t")

    def close(self):
        if self.p.poll() is None:
            try:
                self.say("quit")
                self.p.wait(5)
            except (OSError, subprocess.TimeoutExpired):
                self.p.kill()
                self.p.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def openssl(*args, data=None):
    return subprocess.run(["openssl", *map(str, args)], input=data, check=True, capture_output=True).stdout


class Keys:
    """A P-256 key with all that the peers want of it, as files NAME.{pem,pk8.der,spki.der} in a folder."""

    def __init__(self, folder, name):
        self.base = pathlib.Path(folder) / name
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.file("pem"))
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", self.file("pem"), "-outform", "DER", "-out", self.file("pk8.der"))
        openssl("pkey", "-in", self.file("pem"), "-pubout", "-outform", "DER", "-out", self.file("spki.der"))

    def file(self, ending):
        return pathlib.Path(f"{self.base}.{ending}")

    def spki(self):
        return base64.b64encode(self.file("spki.der").read_bytes()).decode()

    def certificate(self, subject, issuer=None, days=30, usage="digitalSignature", ca=False, san=None):
        """NAME.cert.pem and .der: signed by `issuer`, or by itself."""
        conf = self.file("cnf")
        lines = [f"basicConstraints=critical,CA:{'TRUE' if ca else 'FALSE'}",
                 f"keyUsage=critical,{'keyCertSign' if ca else usage}"]
        if san:
            lines.append(f"subjectAltName=DNS:{san}")
        conf.write_text("[x]\n" + "\n".join(lines) + "\n")
        csr = self.file("csr")
        openssl("req", "-new", "-key", self.file("pem"), "-subj", f"/CN={subject}", "-out", csr)
        sign = ["-CA", issuer.file("cert.pem"), "-CAkey", issuer.file("pem")] if issuer else ["-signkey", self.file("pem")]
        openssl("x509", "-req", "-in", csr, "-days", days, "-extfile", conf, "-extensions", "x", *sign,
                *(["-CAcreateserial"] if issuer else []), "-out", self.file("cert.pem"))
        openssl("x509", "-in", self.file("cert.pem"), "-outform", "DER", "-out", self.file("cert.der"))
        return self.file("cert.der")


class Capture:
    """Datagrams of one UDP port on loopback, to be dissected by tshark afterwards."""

    def __init__(self, folder, port, name, secure):
        self.file = pathlib.Path(folder) / f"{name}.pcapng"
        self.port = port
        self.decode = "dtls" if secure else "coap"
        self.p = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-f", f"udp port {port}", "-w", str(self.file)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.p.stderr:
            if line.startswith("File:"):
                break
        time.sleep(0.3)

    def stop(self):
        time.sleep(0.3)
        self.p.send_signal(signal.SIGINT)
        self.p.wait(10)

    def fields(self, display_filter, *fields, keylog=None):
        """Rows of the packets that match."""
        argv = ["tshark", "-r", str(self.file), "-Y", display_filter, "-T", "fields", "-d",
                f"udp.port=={self.port},{self.decode}", "-d", f"dtls.port=={self.port},coap"]
        for field in fields:
            argv += ["-e", field]
        if keylog:
            argv += ["-o", f"tls.keylog_file:{keylog}"]
        out = subprocess.run(argv, check=True, capture_output=True, text=True, env={**os.environ, "HOME": "/tmp"}).stdout
        return [line.split("\t") for line in out.splitlines()]

    def errors(self, keylog=None):
        """What tshark finds wrong: malformed packets and expert errors."""
        return self.fields("_ws.malformed || _ws.expert.severity == error", "frame.number", "_ws.expert.message",
                           keylog=keylog)
