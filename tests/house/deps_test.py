#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/deps: what it lists, that it does nothing when all is there, and what it says of an interrupted dpkg.

dpkg, apt and id are stand-ins here, so that nothing of the machine is touched.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STANDINS = {
    "dpkg-query": 'printf "%s" "$INSTALLED"',
    "dpkg": 'printf "%s" "$AUDIT"',
    "apt-get": 'echo "apt-get $*" >>"$LOG"',
    "apt-cache": 'case "$*" in *-14*) ;; *) echo "Package: $*" ;; esac',
    "id": "echo 0",
}


class Deps(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="cotter-deps-"))
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "tools/deps.d").mkdir(parents=True)
        shutil.copy(ROOT / "tools/deps", self.root / "tools/deps")
        for name, body in STANDINS.items():
            self.script(f"bin/{name}", body)
        for part in ("mbedtls", "venv", "leshan"):
            self.script(f"tools/deps.d/{part}", f"echo part {part}")

    def script(self, path, body):
        file = self.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/bash\n{body}\n")
        file.chmod(0o755)

    def deps(self, *args, installed=(), audit=""):
        env = {**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}", "LOG": str(self.root / "log"),
               "INSTALLED": "".join(f"ii  {name}\n" for name in installed), "AUDIT": audit}
        done = subprocess.run([self.root / "tools/deps", *args], env=env, capture_output=True, text=True)
        log = self.root / "log"
        return done.returncode, done.stdout + done.stderr, log.read_text() if log.exists() else ""

    def listed(self, *sets):
        status, output, _ = self.deps("--list", *sets)
        self.assertEqual(status, 0, output)
        return output.split()

    def test_sets(self):
        build, test = self.listed("build"), self.listed("test")
        self.assertIn("libmicrohttpd-dev", build)
        self.assertNotIn("chromium", build)
        self.assertIn("chromium", test)
        self.assertLess(set(build), set(test))
        self.assertEqual(self.deps("no-such-set")[0], 2)
        self.assertEqual(self.deps()[0], 2)

    def test_nothing_missing_installs_nothing(self):
        installed = [name.split("|")[0] for name in self.listed("build")]
        status, output, log = self.deps("build", installed=installed)
        self.assertEqual((status, output, log), (0, "part mbedtls\n", ""))

    def test_installs_what_is_missing_and_only_that(self):
        installed = [name.split("|")[0] for name in self.listed("test") if name not in ("jq", "clang-14|clang")]
        status, output, log = self.deps("test", installed=installed)
        self.assertEqual(status, 0, output)
        self.assertIn("to install: clang-14|clang jq", output)
        install = log.splitlines()[-1].split()
        self.assertEqual(install[install.index("install") + 1:], ["--no-install-recommends", "clang", "jq"])
        self.assertIn("part mbedtls\npart venv\npart leshan\n", output)

    def test_an_interrupted_dpkg_is_said_in_one_line(self):
        status, output, log = self.deps("build", audit="The following packages are only half configured:\n x\n")
        self.assertEqual((status, log), (1, ""))
        self.assertEqual(output.count("\n"), 1, output)
        self.assertIn("dpkg --configure -a", output)


if __name__ == "__main__":
    sys.exit(unittest.main())
