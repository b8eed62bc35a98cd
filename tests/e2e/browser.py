# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven by the DevTools protocol over a pipe: no driver, no WebSocket."""
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

import harness


class Browser:
    """One page. Use as a context manager."""

    def __init__(self, dark=False):
        self.folder = tempfile.mkdtemp(prefix="cotter-browser-")
        to_read, self.to = os.pipe()
        self.back, from_write = os.pipe()
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if not program:
            raise harness.Failed("no chromium: tools/deps test installs it")

        def pipes():  # Chromium reads descriptor 3 and writes 4
            os.dup2(to_read, 103)
            os.dup2(from_write, 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--remote-debugging-pipe", f"--user-data-dir={self.folder}", "--window-size=1280,900",
             *(["--force-dark-mode"] if dark else []), "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=pipes)
        os.close(to_read)
        os.close(from_write)
        self.number, self.buffer, self.log, self.session = 0, b"", [], None
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        if dark:
            self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.kill()
        self.process.wait()
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.folder, ignore_errors=True)

    def message(self, until):
        while b"\0" not in self.buffer:
            if not select.select([self.back], [], [], max(0, until - time.monotonic()))[0]:
                raise harness.Failed("the browser does not answer")
            piece = os.read(self.back, 1 << 20)
            if not piece:
                raise harness.Failed("the browser ended")
            self.buffer += piece
        first, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(first)

    def call(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        until = time.monotonic() + 30
        while True:
            answer = self.message(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise harness.Failed(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if answer.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.log.append(json.dumps(answer["params"])[:500])

    def open(self, url):
        self.call("Page.navigate", url=url)

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise harness.Failed(f"{expression}: {result['exceptionDetails']['text']}")
        return result["result"].get("value")

    def until(self, what, expression, seconds=15):
        """Wait until the expression is true; while the page is loading it may fail."""
        careful = f"(() => {{ try {{ return {expression}; }} catch {{ return false; }} }})()"
        return harness.until(what, lambda: self.value(careful), seconds)

    def picture(self, file):
        import base64
        pathlib.Path(file).write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
