#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The builds that are promised beside the usual one: the core with nothing but cc, the device library alone, the same for a
Cortex-M4, and what CMake says when Mbed TLS is missing or of an untested version."""
import glob
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Builds(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cotter-builds-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def call(self, *command, cwd=None):
        done = subprocess.run(command, cwd=cwd or self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, " ".join(done.stdout.split())

    def configure_and_build(self, *options):
        for command in (["cmake", "-S", str(ROOT), "-B", str(self.folder), "-G", "Ninja", *options],
                        ["cmake", "--build", str(self.folder)]):
            status, output = self.call(*command, cwd=ROOT)
            self.assertEqual(status, 0, output[-4000:])

    def test_core_needs_only_cc(self):
        sources = sorted(glob.glob(str(ROOT / "core/*/*.c")))
        self.assertTrue(sources)
        status, output = self.call("cc", "-std=c11", f"-I{ROOT}/include", f"-I{ROOT}", "-c", *sources)
        self.assertEqual(status, 0, output)

    def test_device_only(self):
        self.configure_and_build("-DCOTTER_SERVER=OFF", "-DCOTTER_TESTS=OFF")

    def test_cortex_m4(self):
        self.configure_and_build("--preset", "size")

    def test_missing_mbedtls_is_named(self):
        status, output = self.call("cmake", "-S", str(ROOT), "-B", str(self.folder), "-DCOTTER_MBEDTLS_DIR=/nowhere")
        self.assertNotEqual(status, 0)
        self.assertIn("needs the source of Mbed TLS 3.6 and finds none at /nowhere", output)

    def test_untested_mbedtls_is_refused(self):
        for version, options, says in (("3.6.99", [], "3.6.99 at"), ("3.6.99", [], "is not in dtls/mbedtls/TESTED"),
                                       ("4.0.0", ["-DCOTTER_MBEDTLS_UNTESTED=ON"], "is not a 3.6")):
            include = self.folder / "source/include/mbedtls"
            include.mkdir(parents=True, exist_ok=True)
            (include / "build_info.h").write_text(f'#define MBEDTLS_VERSION_STRING         "{version}"\n')
            status, output = self.call("cmake", "-S", str(ROOT), "-B", str(self.folder / "b"),
                                       f"-DCOTTER_MBEDTLS_DIR={self.folder}/source", *options)
            self.assertNotEqual(status, 0)
            self.assertIn(says, output)


if __name__ == "__main__":
    sys.exit(unittest.main())
