#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page in a headless Chromium: asks for a token, shows an empty fleet, sees a device appear and an upgrade move,
and breaks none of its own security policy. With PICTURES=DIR it leaves screenshots."""
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import browser  # noqa: E402
import harness  # noqa: E402

VENDOR, CLASS = "cotter.example", "demo-sensor"


def picture(page, name):
    if os.environ.get("PICTURES"):
        page.picture(pathlib.Path(os.environ["PICTURES"]) / f"{name}.png")


def upgrade(c):
    """A group, a device in it, and a release that it takes."""
    secret = c.folder / "passphrase"
    secret.write_text("a test passphrase\n")
    secret.chmod(0o600)
    c.cotter("release", "keygen", "release.key", "--passphrase-file", secret)
    c.cotter("group", "add", "demo", "--vendor", VENDOR, "--class", CLASS, "--policy", "automatic",
             "--release-key", "release.key.pub")
    c.cotter("device", "add", "upgrader", "--psk", "--group", "demo")
    c.device("upgrader", None, "--anchor", c.folder / "release.key.pub")
    image = c.folder / "two"  # larger, so that its bar can be seen to move
    image.write_bytes(harness.DEVICE_2.read_bytes() + bytes(12 << 20))
    c.cotter("release", "create", image, "--vendor", VENDOR, "--class", CLASS, "--sequence", "2",
             "--version", "2.0.0", "--out", "two.suit")
    c.cotter("release", "sign", "two.suit", "--key", "release.key", "--passphrase-file", secret)


def main():
    with harness.Cotter(nosec=True) as c:
        c.start()
        token = c.cotter("token", "add", "page", "--role", "read").strip()
        with browser.Browser(dark=bool(os.environ.get("DARK"))) as page:
            page.open(c.url + "/")
            page.until("the page asks for a token", "!document.getElementById('login').hidden")
            page.open(f"{c.url}/#token={token}")
            page.until("the page is live", "document.getElementById('live').className === 'on'")
            page.until("an empty fleet is said", "!document.getElementById('no-devices').hidden")
            picture(page, "empty")

            c.cotter("device", "add", "appears", "--nosec")
            c.device("appears")
            page.until("a device appears, registered",
                       "document.querySelector('td.registered')?.parentElement.textContent.startsWith('appears')")
            page.until("its event is listed", "document.getElementById('events').textContent.includes('appears registered')")

            upgrade(c)
            page.until("the second device is there", "document.querySelectorAll('td.registered').length === 2")
            picture(page, "devices")
            page.value("window.seen = []; new MutationObserver(() => { const bar = document.querySelector('progress');"
                       " if (bar) seen.push(bar.value); }).observe(document.getElementById('upgrades'), {childList: true})")
            c.cotter("release", "publish", "two.suit", "--version", "2.0.0", "--group", "demo")
            page.until("the upgrade is confirmed", "document.querySelector('progress.confirmed') !== null", 60)
            seen = page.value("window.seen")
            if not any(0 < value < 1 for value in seen):
                raise harness.Failed(f"the bar did not move: {seen}")
            picture(page, "upgrade")
            if page.log:
                raise harness.Failed("the browser complains: " + "\n".join(page.log))
    print("page: a device appeared and an upgrade moved")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except harness.Failed as failed:
        print("page:", failed)
        sys.exit(1)
