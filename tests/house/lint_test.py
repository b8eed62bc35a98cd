#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each check of tools/lint and tools/format finds its bad example and lets the good one pass."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
LONG = "int f(int a)\n{\n" + "    a += 1;\n" * 110 + "    return a;\n}\n"
TANGLED = "int f(int a)\n{\n" + "    if (a > 3)\n        a -= 2;\n" * 21 + "    return a;\n}\n"
RECURSIVE = "int f(int a)\n{\n    return a ? f(a - 1) : 0;\n}\n"
GUARDED = "#ifndef X_H\n#define X_H\n#endif\n"
HOST = "pypi" + ".org"

# check, file, content, what the finding says (None: there must be no finding)
CASES = [
    ("arrows", "core/base/x.c", '#include "core/coap/msg.h"\n', 'core/base/ must not include "core/coap/msg.h"'),
    ("arrows", "core/coap/msg.c", '#include "core/base/bytes.h"\n', None),
    ("arrows", "device/x.c", '#include "dtls/record.h"\n', 'device/ must not include "dtls/record.h"'),
    ("arrows", "server/net/x.c", '#include "server/keys/seal.h"\n', 'server/net/ must not include "server/keys/seal.h"'),
    ("arrows", "sim/x.c", '#include "server/keys/seal.h"\n', 'sim/ must not include "server/keys/seal.h"'),
    ("arrows", "core/base/x.c", '#include "bytes.h"\n', '"bytes.h" is not a path from the root'),
    ("arrows", "core/base/x.c", '#include "cotter/status.h"\n', "angle brackets"),
    ("arrows", "core/base/x.c", "#include <sys/socket.h>\n", "<sys/socket.h> in a portable folder"),
    ("arrows", "device/port/x.c", "#include <sys/socket.h>\n", None),
    ("banned", "cli/x.c", "void f(char *d)\n{\n    strcpy(d, d);\n}\n", "strcpy is banned"),
    ("banned", "sim/x.c", "int f(void)\n{\n    return rand();\n}\n", "rand is banned"),
    ("banned", "cli/x.c", '/* never strcpy(a, b) */\nconst char *f = "atoi(x)";\nint cot_rand(void);\n', None),
    ("conditionals", "core/base/x.c", "#if A\n#endif\n#ifdef B\n#endif\n", "core/ has 2, the limit is 1"),
    ("conditionals", "device/x.c", "#ifdef __linux__\n#endif\n", "#if for a platform"),
    ("conditionals", "core/base/x.h", GUARDED, None),
    ("conditionals", "device/port/x.c", "#ifdef __linux__\n#endif\n#if A\n#endif\n", None),
    ("files", "server/x.c", "int a;\n" * 801, "801 lines, the limit is 800"),
    ("files", "tools/x.py", "#" * 131 + "\n", "131 columns"),
    ("files", "server/x.c", "int a;\n" * 800, None),
    ("format", "core/base/x.c", "int  f( void );\n", "code should be clang-formatted"),
    ("format", "core/base/x.c", SPDX + "int f(void);\n", None),
    ("functions", "core/base/x.c", LONG, "f has 114 lines, the limit is 100"),
    ("functions", "core/base/x.c", TANGLED, "f has complexity 22, the limit is 20"),
    ("functions", "core/base/x.c", RECURSIVE, "f calls itself"),
    ("functions", "core/base/x.c", "int g(int a)\n{\n    return a ? f(a - 1) : 0;\n}\n", None),
    ("heap", "core/base/x.c", "void *f(void)\n{\n    return malloc(1);\n}\n", "malloc: portable code has no heap"),
    ("heap", "dtls/x.c", "void f(void *p)\n{\n    free(p);\n}\n", "free: portable code has no heap"),
    ("heap", "server/x.c", "void f(void *p)\n{\n    free(p);\n}\n", None),
    ("hosts", "docs/x.md", f"get it from {HOST}\n", "names a package registry's host"),
    ("hosts", "docs/x.md", "get it from your package registry\n", None),
    ("licence", "cli/x.c", "int a;\n", "no 'SPDX-License-Identifier"),
    ("licence", "tools/x", "#!/bin/bash\ntrue\n", "no 'SPDX-License-Identifier"),
    ("licence", "cli/x.c", SPDX, None),
    ("links", "docs/x.md", "see [this](y.md)\n", "the link to y.md leads nowhere"),
    ("links", "docs/x.md", "see [this](../core/base/bytes.h#top), [that](https://example.net/)\n", None),
    ("shell", "tools/x.sh", "#!/bin/bash\nrm $1\n", "SC2086"),
    ("shell", "tools/x.sh", '#!/bin/bash\nrm "$1"\n', None),
    ("tests", "tests/unit/x_test.c", SPDX, "nobody runs it"),
    ("tests", "tests/unit/x.cmake", "cotter_unit_test(y_test unit/y_test.c)\n", None),
]


class Lint(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="cotter-lint-"))
        self.addCleanup(shutil.rmtree, self.root)
        for path in ("core/base/bytes.h", "core/coap/msg.h", "dtls/record.h", "server/keys/seal.h"):
            self.put(path, SPDX)

    def put(self, path, content):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def lint(self, check):
        done = subprocess.run([ROOT / "tools/lint", "--root", self.root, check], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_cases(self):
        for check, path, content, finding in CASES:
            with self.subTest(check=check, path=path, finding=finding):
                self.put(path, content)
                status, output = self.lint(check)
                (self.root / path).unlink()
                if finding is None:
                    self.assertEqual(status, 0, output)
                else:
                    self.assertEqual(status, 1, output)
                    self.assertIn(f"{path}:", output)
                    self.assertIn(finding, output)

    def test_every_check_has_a_bad_and_a_good_example(self):
        listed = subprocess.run([ROOT / "tools/lint", "--help"], capture_output=True, text=True).stdout
        names = " ".join(listed.split("one of ")[1].split()).split(" ")
        checks = set(names[:names.index("options:")])
        self.assertEqual(checks, {case[0] for case in CASES if case[3]})
        self.assertEqual(checks, {case[0] for case in CASES if not case[3]})

    def test_without_clang_format_14_the_form_is_not_passed(self):
        bare = self.root / "bin"
        bare.mkdir()
        for tool in ("bash", "dirname", "grep"):
            (bare / tool).symlink_to(shutil.which(tool))
        self.put("tools/format", (ROOT / "tools/format").read_text())
        done = subprocess.run(["bash", self.root / "tools/format"], env={**os.environ, "PATH": str(bare)},
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 77)
        self.assertIn("NOT CHECKED", done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
