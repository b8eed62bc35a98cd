#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A newcomer follows docs/guide/first-device.md: its `sh` blocks are typed as they stand, only the ports are free ones. A line
that starts a device stays running; `# TEXT` after a line is what must be seen. The release tree is the first argument."""
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
from harness import Process, free_port  # noqa: E402

RELEASE = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/release")
GUIDE = ROOT / "docs/guide/first-device.md"
DEVICES = ("cotter-device", "cotter-minimal")
LIMIT = 15  # s that a command may need until it succeeds: the device registers in the meantime


class FirstDevice(unittest.TestCase):
    def setUp(self):
        home = tempfile.TemporaryDirectory(prefix="cotter-first-")
        self.addCleanup(home.cleanup)
        self.home = pathlib.Path(home.name)
        self.env = {**os.environ, "HOME": str(self.home), "COTTER_BUILD": str(RELEASE)}
        self.ports = {"5683": free_port(socket.SOCK_DGRAM), "5684": free_port(socket.SOCK_DGRAM), "8080": free_port()}
        self.processes = []
        self.run_folder = None  # on tmpfs, where ./run up puts it
        self.addCleanup(self.end)

    def end(self):
        for process in reversed(self.processes):
            process.stop()
        if self.run_folder:
            shutil.rmtree(self.run_folder, ignore_errors=True)

    def start(self, *argv):
        process = Process(argv[0], argv, self.home / f"log.{len(self.processes)}", env=self.env, cwd=self.home)
        self.processes.append(process)
        return process

    def up(self, arguments):
        server = self.start(ROOT / "tools/up", self.home / "data", *arguments, "--coaps", self.ports["5684"], "--http",
                            self.ports["8080"])
        end = time.monotonic() + LIMIT
        while not (line := re.search(r"^ *export (.*)$", server.text(), re.M)):
            self.assertTrue(server.running() and time.monotonic() < end, server.text())
            time.sleep(0.05)
        for name, value in (word.split("=", 1) for word in shlex.split(line[1])):
            self.env[name] = value.replace("$PATH", self.env["PATH"])
        self.run_folder = pathlib.Path(self.env["COTTER_TOKEN_FILE"]).parent

    def type(self, line, expected):
        end = time.monotonic() + LIMIT
        while True:
            done = subprocess.run(["bash", "-c", line], cwd=self.home, env=self.env, capture_output=True, text=True)
            if done.returncode == 0 and expected in done.stdout:
                return
            logs = "".join(p.text()[-2000:] for p in self.processes)
            self.assertLess(time.monotonic(), end, f"{line}\n{done.stdout}{done.stderr}\nexpected: {expected}\n{logs}")
            time.sleep(0.2)

    def test_the_guide(self):
        typed = 0
        for block in re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.M | re.S):
            for text in block.splitlines():
                line, _, comment = (part.strip() for part in text.partition("#"))
                line = re.sub(r"\b(5683|5684|8080)\b", lambda m: str(self.ports[m[0]]), line)
                words = shlex.split(line)
                if line.startswith("./run up"):
                    self.up(words[2:])
                elif words[0] in DEVICES:
                    program = RELEASE / "examples" / words[0]
                    self.assertTrue(self.start(program, *words[1:]).running())
                else:
                    self.type(line, comment)
                typed += 1
        self.assertGreater(typed, 8)

    def test_the_page_s_token_reads_only(self):
        self.up([])
        token = re.search(r"#token=(\S+)", self.processes[0].text())[1]
        (self.home / "token").write_text(token)
        base = f"cotter --token-file {self.home}/token"
        self.type(f"{base} device list", "")
        refused = subprocess.run(["bash", "-c", f"{base} device add x --psk"], cwd=self.home, env=self.env)
        self.assertEqual(refused.returncode, 1)

    def test_ctrl_c_stops_it(self):
        self.up([])
        self.assertEqual(self.processes[0].stop(signal.SIGINT), 0)


if __name__ == "__main__":
    sys.exit(unittest.main())
