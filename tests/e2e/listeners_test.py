#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The API's three doors: plain HTTP on loopback, the Unix socket, HTTPS; what each lets in; and an event stream that goes on
over the death of http and hub."""
import os
import pathlib
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import harness  # noqa: E402


def check(what, holds, seen=""):
    if not holds:
        raise harness.Failed(f"{what}; seen: {seen}")


def curl(c, url, *options):
    """Status and body."""
    done = subprocess.run(["curl", "--silent", "--max-time", "5", "--write-out", "\n%{http_code}", *map(str, options),
                           "-H", f"Authorization: Bearer {c.token()}", url], cwd=c.folder, capture_output=True, text=True,
                          check=False)
    body, _, status = done.stdout.rpartition("\n")
    return int(status or 0), body


def doors(c, tls):
    url = f"{c.url}/api/v1/status"
    check("plain HTTP", curl(c, url)[0] == 200)
    check("a foreign Host", curl(c, url, "-H", "Host: evil.example")[0] == 421)
    check("another method", curl(c, url, "-X", "DELETE")[0] == 405)
    check("no CORS", "access-control" not in curl(c, url, "-i", "-H", "Origin: http://evil.example")[1].lower())
    check("the Unix socket, any Host", curl(c, "http://anything/api/v1/status", "--unix-socket", c.run / "http.sock")[0] == 200)
    check("HTTPS", curl(c, f"https://localhost:{tls}/api/v1/status", "--cacert", "api.crt")[0] == 200)
    check("HTTPS, the page", "<title>Cotter" in curl(c, f"https://localhost:{tls}/", "--cacert", "api.crt")[1])
    check("no TLS 1.1", curl(c, f"https://localhost:{tls}/", "--cacert", "api.crt", "--tls-max", "1.1")[0] == 0)
    check("no HTTP on the HTTPS port", curl(c, f"http://localhost:{tls}/")[0] in (0, 400))
    command = [harness.COTTER, "--server", f"https://localhost:{tls}", "--token-file", c.run / "admin.token"]
    ours = subprocess.run([*command, "--server-ca", "api.crt", "status"], cwd=c.folder, capture_output=True, text=True,
                          check=False)
    check("cotter over HTTPS", ours.returncode == 0, ours.stderr)
    ours = subprocess.run([*command, "status"], cwd=c.folder, capture_output=True, text=True, check=False)
    check("not without its CA", ours.returncode == 3 and "--server-ca" in ours.stderr, ours.stderr)
    socket = os.stat(c.run / "http.sock")
    check("the socket is not for everyone", socket.st_mode & 0o007 == 0, oct(socket.st_mode))


def stream(c):
    """Every second's notification arrives though http and hub are killed meanwhile."""
    c.cotter("device", "add", "s", "--nosec")
    c.device("s")
    harness.until("s is registered", lambda: c.show("s")["version"])
    log = c.folder / "observe.log"
    with open(log, "wb") as out:
        reader = subprocess.Popen([harness.COTTER, "--server", c.url, "--token-file", c.run / "admin.token", "observe", "s",
                                   "/3303/0/5700", "--pmin", "1", "--pmax", "1"], stdout=out, stderr=out)
    seen = lambda: len(log.read_text().splitlines())  # noqa: E731
    harness.until("notifications come", lambda: seen() >= 2)
    for role in ("http", "hub"):
        os.kill(c.processes()[role][0], signal.SIGKILL)
        before = seen()
        harness.until(f"they go on after the death of {role}", lambda b=before: seen() >= b + 3)
    reader.send_signal(signal.SIGINT)
    check("Ctrl-C ends it well", reader.wait(10) == 0, log.read_text())
    times = [line[11:19] for line in log.read_text().splitlines() if "/3303/0/5700" in line]
    seconds = [int(h) * 3600 + int(m) * 60 + int(s) for h, m, s in (t.split(":") for t in times)]
    gaps = [b - a for a, b in zip(seconds, seconds[1:])]
    check("no second is missing", max(gaps) <= 2, times)
    check("and none comes twice", min(gaps) >= 0, times)
    check("the observation is over", c.api("GET", "/devices/s/observations")["items"] == [])


def main():
    tls = harness.free_port()
    with harness.Cotter(nosec=True) as c:
        c.extra = (f'https = {{ listen = "127.0.0.1:{tls}"; certificate = "{c.folder}/api.crt"; '
                   f'key = "{c.folder}/api.key"; }};\n')
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        "api.key", "-out", "api.crt", "-subj", "/CN=localhost", "-days", "2", "-addext",
                        "subjectAltName=DNS:localhost"], cwd=c.folder, check=True, capture_output=True)
        c.start()
        doors(c, tls)
        stream(c)
        time.sleep(0.1)
        check("cotterd lives", c.server.running(), c.server.text()[-1000:])
    print("listeners: all held")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except harness.Failed as failed:
        print("listeners:", failed)
        sys.exit(1)
