#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures of our device against cotterd in every mode, read by tshark with the device's key log: a registration, a read and
a notification are seen inside, and nothing is malformed. A wrong key log and a damaged datagram show that this can fail.
  capture.py DEVICE   tests/interop's cotter_device_keylog, which is cotter-device with a key log"""
import pathlib
import sys

from peers import Capture
from harness import Cotter, Failed, Process, until

POST, GET, CREATED, CONTENT = 2, 1, 65, 69  # coap.code, RFC 7252 section 12.1
MODES = {"nosec": ["--nosec"], "psk": ["--psk"], "rpk": ["--rpk"], "x509": ["--x509", "--ca", "ca"]}


def seen(capture, what, condition, keylog=None):
    if not capture.fields(condition, "frame.number", keylog=keylog):
        raise Failed(f"tshark sees no {what} ({condition}) in {capture.file}")


def check_clean(capture, keylog=None):
    wrong = capture.errors(keylog)
    if wrong:
        raise Failed(f"tshark finds {wrong[:3]} in {capture.file}")


def check_inside(capture, keylog=None):
    """The CoAP of a session whose server has the captured port, and no error of tshark's anywhere."""
    port = capture.port
    check_clean(capture, keylog)
    seen(capture, "registration", f'udp.dstport=={port} && coap.code=={POST} && coap.opt.uri_path=="rd"', keylog)
    seen(capture, "answer to it", f"udp.srcport=={port} && coap.code=={CREATED} && coap.opt.location_path", keylog)
    seen(capture, "read", f'udp.srcport=={port} && coap.code=={GET} && coap.opt.uri_path=="3"', keylog)
    seen(capture, "value", f"udp.dstport=={port} && coap.code=={CONTENT} && !coap.opt.observe && coap.payload", keylog)
    seen(capture, "notification", f"udp.dstport=={port} && coap.code=={CONTENT} && coap.opt.observe", keylog)


def session(c, program, mode):
    """Register, read, be observed, end; the capture and the key log of it."""
    endpoint = f"capture-{mode}"
    c.cotter("device", "add", endpoint, *MODES[mode], "--out", f"{endpoint}.cred")
    keylog = c.folder / f"{mode}.keys"
    capture = Capture(c.folder, c.coap if mode == "nosec" else c.coaps, endpoint, mode != "nosec")
    try:
        device = Process(endpoint, [program, c.folder / f"{endpoint}.cred"], c.folder / f"{endpoint}.log",
                         env={"SSLKEYLOGFILE": str(keylog)})
        c.devices[endpoint] = device
        c.registered(endpoint)
        c.cotter("read", endpoint, "/3/0/0")
        c.api("PUT", f"/devices/{endpoint}/observations/3303/0/5700?wait=10", {"pmin": 1, "pmax": 1})
        until("notifications", lambda: device.text().count("event=notify") >= 2)
        device.stop()
        until("the end of it", lambda: not c.show(endpoint)["registered"])
    finally:
        capture.stop()
    return capture, None if mode == "nosec" else keylog


def must_fail(what, check, *args):
    try:
        check(*args)
    except Failed as reason:
        print(f"{what}: refused, as it must be: {str(reason)[:100]}")
        return
    raise Failed(f"{what} passes: the check checks nothing")


def damaged(capture):
    """The same capture with the length of Uri-Path "rd" beyond its datagram."""
    data = capture.file.read_bytes()
    if b"\xb2rd" not in data:
        raise Failed("no registration to damage")
    capture.file = pathlib.Path(f"{capture.file}.damaged")
    capture.file.write_bytes(data.replace(b"\xb2rd", b"\xbe\xff\xff"))
    return capture


def wrong_keys(keylog):
    """Each master secret with its last digit changed."""
    lines = [line[:-1] + ("0" if line[-1] != "0" else "1") for line in keylog.read_text().splitlines()]
    file = keylog.with_suffix(".wrong")
    file.write_text("\n".join(lines) + "\n")
    return file


def main():
    program = sys.argv[1]
    with Cotter(nosec=True) as c:
        c.cotter("ca", "init", "ca")
        c.start()
        print(f"{'peer':16} {'mode':6} {'CID':4} result")
        for mode in MODES:
            capture, keylog = session(c, program, mode)
            check_inside(capture, keylog)
            if keylog:
                seen(capture, "connection ID", "dtls.record.connection_id", keylog)
            print(f"{'cotter-device':16} {mode:6} {'yes' if keylog else 'n/a':4} ok", flush=True)
            if keylog:
                check_clean(capture)
                must_fail(f"{mode} with a wrong key log", check_inside, capture, wrong_keys(keylog))
            else:
                must_fail("a damaged datagram", check_clean, damaged(capture))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        print("capture:", failed)
        sys.exit(1)
