#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The running server against its own OpenAPI document: schemathesis with every check on every operation, a fixed seed and
a fixed number of cases, so that a slow machine tests the same as a fast one; three minutes at most. A 5xx fails."""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))
import harness  # noqa: E402

SEED = "7"
CASES = "15"  # of each operation, and of each phase


def main():
    tool = ROOT / ".deps" / "venv" / "bin" / "schemathesis"
    with harness.Cotter(nosec=True) as c:
        c.start()
        argv = [tool, "--config-file", HERE / "schemathesis.toml", "run", f"{c.url}/api/v1/openapi.json",
                "--header", f"Authorization: Bearer {c.token()}", "--checks", "all", "--seed", SEED,
                "--max-examples", CASES, "--request-timeout", "30", "--max-response-time", "15",
                "--generation-database", "none", "--no-color"]
        env = {**os.environ, "SCHEMATHESIS_HOOKS": "openapi_hooks", "PYTHONPATH": str(HERE)}
        done = subprocess.run([str(a) for a in argv], env=env, cwd=c.folder, check=False, timeout=175,
                              capture_output=True, text=True)
        print("\n".join(line[:300] for line in done.stdout.splitlines()))
        print(done.stderr[-2000:])
        if not c.server.running():
            print("cotterd ended:", c.server.text()[-2000:])
            return 1
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
