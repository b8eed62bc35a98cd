#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples/minimal.c builds in a device maker's project: by find_package, by pkg-config, by add_subdirectory.

The library is configured without the server, as a device maker does, and installed to a temporary prefix; there each header
stands alone and the archive defines no foreign names."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MINIMAL = ROOT / "examples/minimal.c"


def call(*command, **options):
    done = subprocess.run([str(c) for c in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}")
    return done.stdout


class Consume(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="cotter-consume-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = cls.folder / "prefix"
        build = cls.folder / "library"
        call("cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCOTTER_SERVER=OFF",
             "-DCOTTER_TESTS=OFF", f"-DCMAKE_INSTALL_PREFIX={cls.prefix}")
        call("cmake", "--build", build)
        call("cmake", "--install", build, "--component", "device")

    def build(self, project, *options):
        build = self.folder / project
        call("cmake", "-S", HERE / project, "-B", build, "-G", "Ninja", f"-DMINIMAL={MINIMAL}", *options)
        call("cmake", "--build", build)
        self.starts(build / "minimal")

    def starts(self, program):
        """Without arguments minimal has nothing to talk to and says so by its exit status."""
        self.assertEqual(subprocess.run([program]).returncode, 2)

    def test_find_package(self):
        self.build("find_package", f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_add_subdirectory(self):
        self.build("add_subdirectory", f"-DCOTTER={ROOT}")

    def test_pkg_config(self):
        moved = self.folder / "moved"
        shutil.copytree(self.prefix, moved, dirs_exist_ok=True)
        for prefix in (self.prefix, moved):
            self.pkg_config(prefix)

    def pkg_config(self, prefix):
        where = next(prefix.rglob("pkgconfig"))
        flags = call("pkg-config", "--cflags", "--libs", "cotter", env={**os.environ, "PKG_CONFIG_PATH": str(where)}).split()
        self.assertIn(str(prefix), str(pathlib.Path(flags[0][2:]).resolve()))
        program = self.folder / "minimal"
        call("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", MINIMAL, "-o", program, *flags)
        self.starts(program)

    def test_each_header_stands_alone(self):
        for header in sorted((self.prefix / "include/cotter").glob("*.h")):
            source = self.folder / "header.c"
            source.write_text(f"#include <cotter/{header.name}>\n#include <cotter/{header.name}>\ntypedef int used;\n")
            call("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{self.prefix}/include", "-c", source,
                 "-o", self.folder / "header.o")

    def test_exports_only_its_names(self):
        """Global names begin with cot_ or cot__, but for those of Mbed TLS, which the archive contains."""
        archive = next(self.prefix.rglob("libcotter.a"))
        defined = {line.split()[0] for line in call("nm", "--defined-only", "-g", "-P", archive).splitlines()
                   if len(line.split()) > 1}
        self.assertTrue(any(name.startswith("cot_client_") for name in defined))
        foreign = sorted(n for n in defined if not n.startswith(("cot_", "mbedtls_", "psa_", "tls_")))
        self.assertEqual(foreign, [])


if __name__ == "__main__":
    sys.exit(unittest.main())
