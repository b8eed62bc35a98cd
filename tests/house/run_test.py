#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The door: `run` answers from any directory and through a link, is short, and refuses what it does not know."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COMMANDS = ("demo", "up", "test", "bench", "soak", "help")


def run(*args, door=ROOT / "run", cwd="/"):
    done = subprocess.run([door, *args], cwd=cwd, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


class Run(unittest.TestCase):
    def test_help_names_each_command(self):
        for args in ([], ["help"], ["--help"]):
            status, output, _ = run(*args)
            self.assertEqual(status, 0)
            for command in COMMANDS:
                self.assertIn(f"./run {command}", output)

    def test_works_through_a_link_from_elsewhere(self):
        with tempfile.TemporaryDirectory() as folder:
            link = pathlib.Path(folder) / "cotter"
            link.symlink_to(ROOT / "run")
            self.assertEqual(run("help", door=link, cwd=folder)[0], 0)

    def test_unknown_command(self):
        status, _, errors = run("demmo")
        self.assertEqual(status, 2)
        self.assertIn("no command 'demmo'", errors)

    def test_is_at_most_120_lines(self):
        self.assertLessEqual(len((ROOT / "run").read_text().splitlines()), 120)


if __name__ == "__main__":
    sys.exit(unittest.main())
