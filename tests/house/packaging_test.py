#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What cmake --install places (component server of the release tree, given as the first argument): all files are there, the
unit and the users are right, every line of cotterd.conf is accepted, and the installed cotterd starts, answers and stops."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
from harness import Process, free_port, until  # noqa: E402

RELEASE = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/release")


def call(*command, **options):
    done = subprocess.run([str(c) for c in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    return done.returncode, done.stdout


class Packaging(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="cotter-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.folder.chmod(0o755)
        cls.tree = cls.folder / "tree"
        status, output = call("cmake", "--install", RELEASE, "--component", "server",
                              env={**os.environ, "DESTDIR": str(cls.tree)})
        if status != 0:
            raise AssertionError(output)

    def installed(self, name):
        found = [p for p in self.tree.rglob("*") if p.is_file() and str(p).endswith(name)]
        self.assertEqual(len(found), 1, f"{name}: {found}")
        return found[0]

    def config(self, text):
        file = self.folder / "cotterd.conf"
        file.write_text(text)
        return file

    def test_every_file_is_there(self):
        for name in ("sbin/cotterd", "bin/cotter", "bin/cotter-sim", "bin/cotter-device", "/etc/cotter/cotterd.conf",
                     "system/cotterd.service", "sysusers.d/cotter.conf"):
            self.installed(name)

    def test_the_programs_are_hardened(self):
        for name in ("sbin/cotterd", "bin/cotter", "bin/cotter-sim", "bin/cotter-device"):
            _, headers = call("readelf", "-W", "-h", "-l", "-d", "-s", self.installed(name))
            self.assertRegex(headers, r"Type:\s+DYN", f"{name} is not position independent")
            self.assertIn("BIND_NOW", headers, name)
            self.assertIn("GNU_RELRO", headers, name)
            self.assertIn("__stack_chk_fail", headers, name)
            self.assertRegex(headers, r"_chk@", f"{name} has no fortified calls")
            self.assertNotRegex(headers, r"GNU_STACK.*RWE", f"{name} has an executable stack")

    def test_the_configuration_as_installed(self):
        status, output = call(self.installed("sbin/cotterd"), "--check-config", "--config",
                              self.installed("/etc/cotter/cotterd.conf"))
        self.assertEqual(status, 0, output)

    def test_every_commented_line_is_a_valid_one(self):
        text = self.installed("/etc/cotter/cotterd.conf").read_text()
        every = re.sub(r"(?m)^#( *\w+ = )", r"\1", text)
        for name in ("client-ca.pem", "https.crt", "https.key"):  # they must exist; what the defaults name does not
            every = every.replace(f"/etc/cotter/{name}", str(self.folder / name))
        status, output = call("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                              "-subj", "/CN=test", "-keyout", self.folder / "https.key", "-out", self.folder / "https.crt")
        self.assertEqual(status, 0, output)
        shutil.copy(self.folder / "https.crt", self.folder / "client-ca.pem")
        self.assertGreater(len(every.splitlines()), 20)
        status, output = call(self.installed("sbin/cotterd"), "--check-config", "--config", self.config(every))
        self.assertEqual(status, 0, output)

    def test_a_wrong_line_is_named(self):
        status, output = call(self.installed("sbin/cotterd"), "--check-config", "--config", self.config('a = 1;\n'))
        self.assertEqual(status, 2)
        self.assertRegex(output, r"cotterd\.conf:1: a: ")
        self.assertEqual(output.count("\n"), 1)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze on this machine")
    def test_the_unit(self):
        unit = self.installed("system/cotterd.service")
        self.assertIn("Restart=always", unit.read_text())
        _, output = call("systemd-analyze", "verify", "--man=no", unit)
        wrong = [line for line in output.splitlines() if "cotterd.service" in line and "is not executable" not in line]
        self.assertEqual(wrong, [])

    @unittest.skipUnless(shutil.which("systemd-sysusers"), "no systemd-sysusers on this machine")
    def test_the_users(self):
        root = self.folder / "users"
        (root / "etc").mkdir(parents=True)
        status, output = call("systemd-sysusers", f"--root={root}", self.installed("sysusers.d/cotter.conf"))
        self.assertEqual(status, 0, output)
        users = {line.split(":")[0] for line in (root / "etc/passwd").read_text().splitlines()}
        self.assertLessEqual({"_cotter-net", "_cotter-keys", "_cotter-hub", "_cotter-http"}, users)

    def test_the_installed_tree_starts(self):
        http, coaps = free_port(), free_port(socket.SOCK_DGRAM)
        run = self.folder / "run"
        file = self.config(f'data = "{self.folder}/data";\nrun = "{run}";\nhttp = "127.0.0.1:{http}";\n'
                           f'coaps = [ "127.0.0.1:{coaps}" ];\n')
        server = Process("cotterd", [self.installed("sbin/cotterd"), "--config", file], self.folder / "log")
        self.addCleanup(server.stop)

        def healthy():
            self.assertTrue(server.running(), server.text())
            return urllib.request.urlopen(f"http://127.0.0.1:{http}/api/v1/health", timeout=2).status == 200
        until("the API answers", healthy)
        status, output = call(self.installed("bin/cotter"), "--server", f"http://127.0.0.1:{http}", "--token-file",
                              run / "admin.token", "device", "list", "--json")
        self.assertEqual(status, 0, output)
        self.assertEqual(server.stop(), 0, server.text())


if __name__ == "__main__":
    sys.exit(unittest.main())
