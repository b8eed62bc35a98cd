#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guides name only what there is: each `cotter COMMAND` is one of cotter's, each --option of it is in that command's help,
and each C block compiles. The release tree is given as the first argument."""
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RELEASE = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/release")
COTTER = RELEASE / "cli/cotter"
CODE = re.compile(r"^```.*?\n(.*?)^```|`([^`\n]+)`", re.M | re.S)
CALL = re.compile(r"(?:^|[$(|&] ?|\bcli/)cotter ((?:--\w+(?:-\w+)* \S+ )*)([a-z]+(?: [a-z]+)?)([^\n|]*)", re.M)

# What a C block in a guide may take for granted.
PRELUDE = """#include <cotter/client.h>
extern cot_client client;
cot_ms board_ms(void);
void board_sleep_until(cot_ms deadline);
void guide(void);
void guide(void)
{
"""


def help_of(*command):
    return subprocess.run([COTTER, *command, "--help"], capture_output=True, text=True).stdout


class Guides(unittest.TestCase):
    def setUp(self):
        self.commands = set(re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", help_of(), re.M))
        self.assertIn("device add", self.commands)

    def test_commands_and_options(self):
        calls = 0
        general = set(re.findall(r"--[a-z-]+", help_of()))
        for page in [ROOT / "README.md", *sorted((ROOT / "docs/guide").glob("*.md"))]:
            code = "\n".join(block or inline for block, inline in CODE.findall(page.read_text()))
            for _, words, rest in CALL.findall(code):
                calls += 1
                command = words if words in self.commands else words.split()[0]
                with self.subTest(page=page.name, call=f"cotter {words}{rest}"):
                    self.assertIn(command, self.commands)
                    options = set(re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", rest))
                    self.assertLessEqual(options, general | set(re.findall(r"--[a-z0-9-]+", help_of(*command.split()))))
        self.assertGreater(calls, 15)

    def test_c_blocks_compile(self):
        for page in sorted((ROOT / "docs/guide").glob("*.md")):
            for block in re.findall(r"^```c\n(.*?)^```", page.read_text(), re.M | re.S):
                with self.subTest(page=page.name, block=block):
                    done = subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", "-fsyntax-only",
                                           "-xc", "-"], input=PRELUDE + block + "}\n", text=True, capture_output=True)
                    self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
