# SPDX-License-Identifier: Apache-2.0
"""A channel between two living processes ends (here: shut down from outside): the monitor makes another, and the API
reaches devices again within 5 s, without a process having ended. As root. COTTER_BUILD names the build tree."""
import ctypes
import os
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Cotter, until  # noqa: E402

PIDFD_GETFD = 438


def shut_channels(pid):
    """Shut all of a process's SOCK_SEQPACKET sockets but the monitor's (3); how many they were."""
    pidfd = os.pidfd_open(pid)
    count = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        if name == "3" or not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
            continue
        fd = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd, int(name), 0)
        if fd < 0:
            sys.exit(f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
        with socket.socket(fileno=fd) as s:
            if s.family == socket.AF_UNIX and s.type == socket.SOCK_SEQPACKET:
                s.shutdown(socket.SHUT_RDWR)
                count += 1
    os.close(pidfd)
    return count


def main():
    if os.geteuid() != 0:
        print("skipped: needs root")
        return
    with Cotter(workers=1) as c:
        c.start()
        c.cotter("device", "add", "d1", "--psk")
        c.device("d1")
        c.registered("d1")
        before = c.processes()
        for role in sys.argv[1:] or ("net",):
            count = shut_channels(before[role][0])
            print(f"{role}: {count} channels shut")
            if count < 2:
                sys.exit("channels.py: not the channels that were expected")

            def reads():
                try:
                    return c.api("GET", "/devices/d1/resources/3/0/0", timeout=3)["values"]
                except Exception:  # 503, or no answer, until there is a channel again
                    return None
            until("a read through the new channel", reads, 8)
        if c.processes() != before:
            sys.exit(f"channels.py: processes have ended: {before} {c.processes()}")
    print("all hold")


main()
