# SPDX-License-Identifier: Apache-2.0
"""What a process that was taken over does to the monitor and to its successors: here its own descriptors are used from
outside. Listeners that it shut down, a flood of wishes for channels, datagrams that break the rules. As root.
COTTER_BUILD names the build tree."""
import ctypes
import os
import pathlib
import signal
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Cotter, until  # noqa: E402

PIDFD_GETFD = 438
READY, FAILED, PEER_LOST, HUB = 4, 5, 7, 3


def taken(pid, wanted):
    """Duplicates of those sockets of a process for which wanted(number, socket) holds."""
    pidfd, out = os.pidfd_open(pid), []
    for name in os.listdir(f"/proc/{pid}/fd"):
        if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
            continue
        fd = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd, int(name), 0)
        if fd < 0:
            sys.exit(f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
        s = socket.socket(fileno=fd)
        if wanted(int(name), s):
            out.append(s)
        else:
            s.close()
    os.close(pidfd)
    return out


def message(kind, body=b""):
    return struct.pack(">BBHI", 1, kind, 0, len(body)) + body


def lines(c, event):
    return (c.folder / "cotterd.log").read_text().count(f"event={event} ")


def listeners(c):
    """The next http serves on both, though the last one has shut them down."""
    pid = c.processes()["http"][0]
    shut = taken(pid, lambda _, s: s.type == socket.SOCK_STREAM and
                 s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    if len(shut) != 2:
        sys.exit(f"taken.py: {len(shut)} listeners")
    for s in shut:
        s.shutdown(socket.SHUT_RDWR)
        s.close()
    os.kill(pid, signal.SIGKILL)

    def answers():
        try:
            return c.api("GET", "/devices", timeout=2) is not None
        except Exception:
            return None
    until("the API answers over TCP", answers, 8)
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(str(c.run / "http.sock"))
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        if not s.recv(100).startswith(b"HTTP/1.1"):
            sys.exit("taken.py: no answer over the Unix socket")
    print("holds: listeners that were shut down are made anew")


def flood(c):
    """A channel a second, however often one is asked for."""
    pid = c.processes()["net"][0]
    time.sleep(1)
    before = lines(c, "monitor.reconnected")
    with taken(pid, lambda n, _: n == 3)[0] as channel:
        end = time.monotonic() + 2
        while time.monotonic() < end:
            try:
                channel.send(message(PEER_LOST, struct.pack(">BBI", HUB, 0, 0)))
            except BlockingIOError:
                time.sleep(0.01)
    made = lines(c, "monitor.reconnected") - before
    if not 1 <= made <= 6 or c.processes()["net"][0] != pid:  # with what the two sides ask for then
        sys.exit(f"taken.py: {made} channels in 2 s")
    print("holds: few channels, however often one is asked for:", made)


def broken(c, what, datagram):
    """Who breaks the rules towards the monitor is ended and started again."""
    pid = c.processes()["net"][0]
    with taken(pid, lambda n, _: n == 3)[0] as channel:
        os.kill(pid, signal.SIGSTOP)  # it would end by itself
        channel.send(datagram)
        until(f"net is another after {what}",
              lambda: c.processes().get("net") and c.processes()["net"][0] != pid, 5)
    print("holds: ended for", what)


def main():
    if os.geteuid() != 0:
        print("skipped: needs root")
        return
    with Cotter(workers=1) as c:
        c.start()
        listeners(c)
        flood(c)
        broken(c, "a second READY", message(READY))
        broken(c, "a FAILED after READY", message(FAILED, b"x"))
        broken(c, "an unknown type", message(200))
        broken(c, "half a message", message(PEER_LOST)[:5])
    print("all hold")


main()
