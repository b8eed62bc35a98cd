#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/guide/api.md as a reader would type it: each sh and python block in order, only the address is a private one."""
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
GUIDE = HERE.parents[1] / "docs" / "guide" / "api.md"
sys.path.insert(0, str(HERE))
import harness  # noqa: E402


WANTED = {"sh": ["event: notify", '"code":"2.04"', '"path":"/3303/0/5700"'], "python": ["demo-1 1.0.0 registered", "done"]}


def run(c, kind, text):
    """One block; what the first one sets and defines is there in the later ones, as in one shell."""
    text = text.replace("http://127.0.0.1:8080", c.url)
    argv = ["bash", "-euo", "pipefail", "-c", c.shell + text] if kind == "sh" else [sys.executable, "-c", text]
    c.shell += "".join(line for line in text.splitlines(True) if line.startswith(("API=", "ask() ")))
    env = {**os.environ, "PATH": f"{harness.COTTER.parent}:{os.environ['PATH']}", "COTTER_SERVER": c.url,
           "COTTER_TOKEN_FILE": str(c.run / "admin.token")}
    done = subprocess.run(argv, cwd=c.folder, env=env, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise harness.Failed(f"{text}\nexit {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


def start_device(c):
    file = c.folder / "demo-1.cred"
    file.write_text(f"endpoint = demo-1\nserver = coap://127.0.0.1:{c.coap}\nmode = nosec\n")
    file.chmod(0o600)
    c.device("demo-1")
    harness.until("demo-1 is registered", lambda: c.show("demo-1")["version"])


def main():
    blocks = re.findall(r"^```(sh|python)( device)?\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
    with harness.Cotter(nosec=True) as c:
        c.start()
        c.shell = ""
        for kind, device, text in blocks:
            if device and "demo-1" not in c.devices:
                start_device(c)
            out = run(c, kind, text)
            missing = [w for w in WANTED[kind] if w not in out] if device else []
            if missing:
                raise harness.Failed(f"the guide's {kind} block does not show {missing}: {out}")
    if len(blocks) != 4:
        raise harness.Failed(f"the guide has {len(blocks)} blocks")
    print("api guide:", len(blocks), "blocks ran")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except harness.Failed as failed:
        print("api guide:", failed)
        sys.exit(1)
