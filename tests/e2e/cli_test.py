#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line as operators and scripts meet it: exit codes, JSON, files and their rights, refusals with line numbers,
tokens and roles, releases. Against a private server."""
import json
import os
import pathlib
import pty
import socket
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import harness  # noqa: E402

KEY = "00112233445566778899aabbccddeeff"


def check(what, holds, seen=""):
    if not holds:
        raise harness.Failed(f"{what}; seen: {seen}")


class Shell:
    """cotter in the server's folder; every call says which exit status it expects."""

    def __init__(self, c):
        self.c = c

    def __call__(self, *args, status=0, token=None, server=None, data=None):
        env = {**os.environ, "COTTER_SERVER": server or self.c.url,
               "COTTER_TOKEN_FILE": str(token or self.c.run / "admin.token")}
        done = subprocess.run([str(a) for a in (harness.COTTER, *args)], cwd=self.c.folder, env=env, input=data,
                              capture_output=True, text=True, check=False, timeout=60)
        check(f"cotter {' '.join(map(str, args))} exits {status}", done.returncode == status,
              f"{done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr


def usage(cotter):
    check("help lists the commands", "device add" in cotter("--help"))
    check("each command has its help", "--psk" in cotter("device", "add", "--help"))
    cotter(status=2)
    cotter("device", status=2)
    cotter("devise", "list", status=2)
    cotter("device", "list", "--colour", status=2)
    cotter("device", "show", status=2)
    cotter("device", "add", "x", status=2)
    cotter("device", "add", "x", "--psk", "--rpk", status=2)
    cotter("device", "add", "x", "--x509", status=2)
    cotter("observe", "x", "/3/0/9", "--pmin", "-1", status=2)
    check("a dead address is unreachable", "no server" in cotter("status", status=3, server="http://127.0.0.1:1"))
    check("no token, no call", "token" in cotter("status", status=2, token="/nowhere"))


def devices(c, cotter):
    cotter("device", "add", "a", "--psk")
    file = c.folder / "a.cred"
    check("credentials are private", file.stat().st_mode & 0o777 == 0o600, oct(file.stat().st_mode))
    secret = next(line.split()[-1] for line in file.read_text().splitlines() if line.startswith("psk_key"))
    check("an existing file is kept", "exists" in cotter("device", "add", "a", "--psk", status=1))
    check("and the secret in it", secret in file.read_text())
    check("an endpoint is there once", "409" in cotter("device", "add", "a", "--psk", "--out", "b.cred", status=1))
    check("no file of a refused device", not (c.folder / "b.cred").exists())
    shown = json.loads(cotter("device", "show", "a", "--json"))
    check("the API never shows a secret", shown["mode"] == "psk" and secret not in json.dumps(shown), shown)
    check("a list for scripts", [d["endpoint"] for d in json.loads(cotter("--json", "device", "list"))] == ["a"])
    check("an unknown device", "404" in cotter("device", "show", "nobody", status=1))
    check("why, of one that never came", "do not arrive" in cotter("device", "why", "a"))
    check("a read of one that is away", "not registered" in cotter("read", "a", "/3/0/0", status=1))
    check("a write to one that is away says so", "queued" in cotter("write", "a", "/1/0/1", "60", "--detach"))
    check("no path", "PATH" in cotter("read", "a", "/", status=2))
    check("no numbers", "PATH" in cotter("exec", "a", "/3/0/reboot", status=2))
    cotter("device", "remove", "a")
    cotter("device", "remove", "a", status=1)


class Between:
    """A proxy between cotter and the API that passes requests on, one a connection, but for POSTs `spoil`
    decides over (method, line, answer): it returns the bytes to give back, b"" to cut the connection."""

    def __init__(self, c, spoil):
        self.spoil, self.api = spoil, c.url.split("//")[1].rsplit(":", 1)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.posts = 0
        threading.Thread(target=self.run, daemon=True).start()

    @staticmethod
    def message(s):
        data = b""
        while b"\r\n\r\n" not in data:
            more = s.recv(65536)
            if not more:
                return data
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            body += s.recv(65536)
        return head + b"\r\n\r\n" + body

    def run(self):
        while True:
            with self.listener.accept()[0] as client:
                request = self.message(client)
                while request:
                    with socket.create_connection((self.api[0], int(self.api[1]))) as server:
                        server.sendall(request)
                        answer = self.message(server)
                    if request.startswith(b"POST"):
                        self.posts += 1
                        answer = self.spoil(self.posts, answer)
                    if not answer:
                        break
                    client.sendall(answer)
                    request = self.message(client)


def lost_answers(c, cotter):
    """The server has the device, but its answer never came: the only copy of the key must not go."""
    once = Between(c, lambda n, answer: b"" if n == 1 else answer)
    cotter("device", "add", "lost1", "--psk", server=once.url)
    check("it was sent again, and is the same device", once.posts == 2, once.posts)
    check("its key is there", "psk_key" in (c.folder / "lost1.cred").read_text())
    c.device("lost1")
    c.registered("lost1")
    busy = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    never = Between(c, lambda n, answer: busy)
    out = cotter("device", "add", "lost2", "--rpk", "--der", "lost2.der", server=never.url, status=1)
    check("it says that nobody knows", "may have added lost2 or not" in out and never.posts > 1, out)
    check("its key stays", "private_key" in (c.folder / "lost2.cred").read_text())
    check("its folder too", (c.folder / "lost2.der" / "key.der").exists())
    cotter("device", "show", "lost2")
    out = cotter("device", "add", "lost2", "--rpk", "--der", "x.der", "--out", "x.cred", status=1)
    check("a refusal leaves neither file nor folder",
          "409" in out and not (c.folder / "x.der").exists() and not (c.folder / "x.cred").exists(), out)
    (c.folder / "taken").mkdir()
    cotter("device", "add", "lost3", "--rpk", "--der", "taken", status=1)
    check("nor does a folder that exists", not (c.folder / "lost3.cred").exists() and (c.folder / "taken").is_dir())
    cotter("device", "remove", "lost1", "lost2")


def on_terminal(c, *args):
    ours, theirs = pty.openpty()
    done = subprocess.Popen([harness.COTTER, "--server", c.url, "--token-file", c.run / "admin.token", *args], stdout=theirs)
    os.close(theirs)
    out = b""
    try:
        while more := os.read(ours, 4096):
            out += more
    except OSError:  # the other end has closed
        pass
    os.close(ours)
    done.wait(20)
    return out.decode()


def commands(c, cotter):
    cotter("device", "add", "late", "--nosec")
    waiting = subprocess.Popen([harness.COTTER, "--server", c.url, "--token-file", c.run / "admin.token", "write", "late",
                                "/3303/0/5750", "attic"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    first = waiting.stdout.readline()
    check("it says what it waits for", "late is not registered now" in first, first)
    c.device("late")
    rest = waiting.communicate(timeout=30)[0]
    check("it is done when the device comes", waiting.returncode == 0 and "done (2.04)" in rest, rest)
    check("it reads", cotter("read", "late", "/3303/0/5750").strip() == "attic")
    evil = "a\u009b31m\u202eb\x1b[2J"
    cotter("write", "late", "/3303/0/5750", evil)
    check("a value does not command the terminal", cotter("read", "late", "/3303/0/5750").strip() == "a?31m?b?[2J")
    check("nor in tables", "a?31m?b?[2J" in cotter("device", "show", "late"))
    kept = json.loads(cotter("--json", "read", "late", "/3303/0/5750"))
    check("a script gets it as it is", kept["values"][0]["value"] == evil, kept)
    check("on a terminal in ASCII", "\\u009b31m\\u202eb" in on_terminal(c, "--json", "read", "late", "/3303/0/5750").lower())
    out = cotter("device", "show", "x\u009by", status=1)
    check("nor do errors", "\u009b" not in out, out)
    check("a wrong write says why", "does not allow this operation" in cotter("write", "late", "/3/0/0", "x", status=1))
    cotter("exec", "late", "/3303/0/5605")


def imports(c, cotter):
    file = c.folder / "many.csv"
    lines = ["endpoint,mode,identity,secret,group", "# a comment", f"i1,psk,,{KEY},", "", f'"i2",psk,id-2,{KEY},',
             "i3,nosec,,,"]
    file.write_text("\n".join(lines))
    file.chmod(0o644)
    check("the file must be private", "chmod 600" in cotter("device", "import", file, status=1))
    file.chmod(0o600)
    link = c.folder / "link.csv"
    link.symlink_to(file)
    check("nor a link to one", "no link" in cotter("device", "import", link, status=1))
    if os.geteuid() == 0:
        os.chown(file, 61203, 61203)
        check("and be one's own", "another user" in cotter("device", "import", file, status=1))
        os.chown(file, 0, 0)
    cotter("device", "import", file)
    listed = json.loads(cotter("device", "list", "i", "--json"))
    check("all are there", [d["identity"] for d in listed] == ["i1", "id-2", None], listed)
    file.write_text(f"j1,psk,,{KEY},\nj2,psk,,xyz,\nj3,nosec,,,,x\n\nj4,what,,,\n")
    out = cotter("device", "import", file, status=1)
    for line in (2, 3, 5):
        check(f"line {line} is named", f"line {line}:" in out, out)
    file.write_bytes(f"j1,psk,id,{KEY},\nj2,psk,".encode() + b"\xff" + f",{KEY},\n".encode())
    check("what is no UTF-8 is refused", "line 2:" in cotter("device", "import", file, status=1))
    file.write_text(f'j1,psk,id,{KEY},\n"j2"x,psk,,{KEY},\n')
    check("so is a stray quote", "line 2:" in cotter("device", "import", file, status=1))
    file.write_bytes(f"j1,psk,id,{KEY},\n".encode() + b"\0" + f"j2,psk,,{KEY},\n".encode())
    check("and a byte 0", "byte 0" in cotter("device", "import", file, status=1))
    file.write_text(f"k1,psk,,{KEY},\ni1,psk,,{KEY},\n")
    check("what exists is named too", "line 2:" in cotter("device", "import", file, status=1))
    check("nothing was imported", json.loads(cotter("device", "list", "k", "--json")) == [])
    cotter("device", "remove", "i1", "i2", "i3")


def tokens(c, cotter):
    cotter("token", "add", "reader", "--out", "reader.token")
    check("a token's file is private", (c.folder / "reader.token").stat().st_mode & 0o777 == 0o600)
    reader = c.folder / "reader.token"
    cotter("device", "list", token=reader)
    check("a reader changes nothing", "403" in cotter("device", "add", "n", "--nosec", status=1, token=reader))
    check("nor makes tokens", "403" in cotter("token", "list", status=1, token=reader))
    listed = json.loads(cotter("token", "list", "--json"))
    text = reader.read_text().strip()
    check("a list shows no secret", text not in json.dumps(listed))
    number = next(t["id"] for t in listed if t["name"] == "reader")
    cotter("token", "remove", number)
    check("a removed token is none", "401" in cotter("device", "list", status=1, token=reader))
    check("no token without a place", "exists" in cotter("token", "add", "homeless", "--out", "reader.token", status=1))
    check("it was not made", "homeless" not in cotter("token", "list"))
    cotter("token", "add", "bad", "--role", "king", "--out", "bad.token", status=1)
    check("no file of a refused token", not (c.folder / "bad.token").exists())
    cotter("token", "add", "short", "--expires", "soon", status=2)
    cotter("token", "add", "short", "--expires", "1h", "--role", "operate")


def releases(c, cotter):
    (c.folder / "image").write_bytes(os.urandom(5000))
    (c.folder / "pass").write_text("correct horse\n")
    (c.folder / "pass").chmod(0o644)
    check("a passphrase's file is private", "chmod 600" in
          cotter("release", "keygen", "k", "--passphrase-file", "pass", status=1))
    (c.folder / "pass").chmod(0o600)
    (c.folder / "pass.link").symlink_to("pass")
    check("and no link", "no link" in cotter("release", "keygen", "k", "--passphrase-file", "pass.link", status=1))
    piped = subprocess.run(["bash", "-c", f"{harness.COTTER} release keygen piped --passphrase-file <(echo long enough)"],
                           cwd=c.folder, capture_output=True, text=True, check=False)
    check("a pipe is one's own", piped.returncode == 0, piped.stderr)
    check("a short passphrase", "8 characters" in
          cotter("release", "keygen", "k", "--passphrase-file", "-", status=1, data="short\n"))
    cotter("release", "keygen", "k", "--passphrase-file", "pass")
    check("a signing key is private", (c.folder / "k").stat().st_mode & 0o777 == 0o600)
    check("and encrypted", "ENCRYPTED" in (c.folder / "k").read_text())
    as_hub = subprocess.run(["setpriv", "--reuid=61203", "--regid=61203", "--clear-groups", "cat", c.folder / "k"],
                            capture_output=True, check=False)
    check("cotterd's users cannot read it", os.geteuid() != 0 or as_hub.returncode != 0)
    cotter("group", "add", "g", "--vendor", "example.com", "--class", "thing", "--release-key", "k.pub")
    cotter("release", "create", "image", "--vendor", "example.com", "--class", "thing", "--sequence", "3",
           "--version", "3.0", "--out", "x.suit")
    check("unsigned is refused", "422" in cotter("release", "publish", "x.suit", "--group", "g", status=1))
    check("a wrong passphrase", "wrong passphrase" in
          cotter("release", "sign", "x.suit", "--key", "k", "--passphrase-file", "-", status=1, data="wrong horse\n"))
    (c.folder / "k").chmod(0o640)
    check("an open key signs nothing", "chmod 600" in
          cotter("release", "sign", "x.suit", "--key", "k", "--passphrase-file", "pass", status=1))
    (c.folder / "k").chmod(0o600)
    cotter("release", "sign", "x.suit", "--key", "k", "--passphrase-file", "pass")
    damaged = bytearray((c.folder / "x.suit").read_bytes())
    damaged[-1] ^= 1
    (c.folder / "bad.suit").write_bytes(damaged)
    check("a changed image is refused",
          "422" in cotter("release", "publish", "bad.suit", "--version", "3.0", "--group", "g", status=1))
    check("a mistyped version is refused", "created as version 3.0" in
          cotter("release", "publish", "x.suit", "--version", "3.1", "--group", "g", status=1))
    made = json.loads(cotter("release", "publish", "x.suit", "--group", "g", "--json"))
    check("the version is remembered", made["version"] == "3.0" and made["sequence"] == 3, made)
    check("it is listed", made["id"] in cotter("release", "list"))
    cotter("group", "edit", "g", "--policy", "automatic", "--parallel", "5")
    cotter("group", "edit", "g", status=1)
    check("a group shows it", json.loads(cotter("group", "show", "g", "--json"))["parallel"] == 5)
    check("no upgrade yet", "No upgrade" in cotter("upgrade", "list"))
    cotter("upgrade", "stop", "g")
    cotter("upgrade", "start", "g")
    cotter("release", "remove", made["id"])
    cotter("group", "remove", "g")


def authority(c, cotter):
    cotter("ca", "init", "factory")
    cotter("ca", "init", "factory", status=1)
    check("the CA's key is private", (c.folder / "factory" / "ca.key").stat().st_mode & 0o777 == 0o600)
    cotter("device", "add", "x", "--x509", "--ca", "factory", "--der", "x.der")
    verified = subprocess.run(["openssl", "verify", "-purpose", "sslclient", "-CAfile", "factory/ca.pem",
                               "x.der/certificate.der"], cwd=c.folder, capture_output=True, text=True, check=False)
    check("its certificate verifies", verified.returncode == 0, verified.stdout + verified.stderr)
    (c.folder / "factory" / "ca.key").chmod(0o644)
    check("an open CA issues nothing", "chmod 600" in cotter("device", "add", "y", "--x509", "--ca", "factory", status=1))
    cotter("device", "remove", "x")


def main():
    with harness.Cotter(nosec=True) as c:
        c.start()
        cotter = Shell(c)
        usage(cotter)
        devices(c, cotter)
        lost_answers(c, cotter)
        commands(c, cotter)
        imports(c, cotter)
        tokens(c, cotter)
        releases(c, cotter)
        authority(c, cotter)
    print("cli: all held")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except harness.Failed as failed:
        print("cli:", failed)
        sys.exit(1)
