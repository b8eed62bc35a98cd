# SPDX-License-Identifier: Apache-2.0
"""What /proc says of a running cotterd's processes: user, root directory, rights, descriptors, environment. As root.
COTTER_BUILD names the build tree (release)."""
import ctypes
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Cotter, until  # noqa: E402

ROLES = ("net", "keys", "hub", "http")


def check(what, holds, seen=""):
    if not holds:
        sys.exit(f"processes.py: does not hold: {what}: {seen}")
    print("holds:", what)


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {k: v.strip() for k, v in (line.split(":", 1) for line in lines)}


def descriptors(pid):
    folder = pathlib.Path(f"/proc/{pid}/fd")
    return {int(f.name): os.readlink(f) for f in folder.iterdir()}


def sockets():
    """inode → kind, from the kernel's tables."""
    found = {}
    for kind in ("udp", "udp6", "tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/net/{kind}").read_text().splitlines()[1:]:
            found[line.split()[9]] = kind[:3]
    for line in pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]:
        words = line.split()
        found[words[6]] = {"0005": "channel", "0001": "unix"}.get(words[4], words[4])
    return found


def kinds(pid, inodes):
    out = set()
    for target in descriptors(pid).values():
        inode = re.fullmatch(r"socket:\[(\d+)\]", target)
        out.add(inodes.get(inode[1], "socket") if inode else target)
    return out


def stderr_and_null(c):
    return {"/dev/null", str(c.folder / "cotterd.log"), "anon_inode:[eventpoll]", str(c.run / "lock"),
            str(c.folder / "data" / "lock"), "channel"}


def other_user_reads(pid, uid):
    """Does a process of user `uid` read the memory or descriptors of `pid`?"""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        worked = False
        for name in ("mem", "environ", "maps", "fd/0"):
            try:
                open(f"/proc/{pid}/{name}", "rb").read(1)
                worked = True
            except OSError:
                pass
        os._exit(1 if worked else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def main():
    if os.geteuid() != 0:
        print("skipped: needs root")
        return
    with Cotter(nosec=True) as c:
        c.start()
        pids = c.processes()
        until("cotterd is ready", lambda: "event=monitor.ready" in (c.folder / "cotterd.log").read_text())
        check("one process or more of each role", all(pids.get(r) for r in ROLES), pids)
        uids = {}
        for role in ROLES:
            for pid in pids[role]:
                s = status(pid)
                uid = s["Uid"].split()
                check(f"{role}: not root, in all four", len(set(uid)) == 1 and uid[0] != "0", uid)
                uids.setdefault(role, set()).add(uid[0])
                check(f"{role}: no supplementary groups", s["Groups"] == "", s["Groups"])
                for caps in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                    check(f"{role}: {caps} is empty", int(s[caps], 16) == 0, s[caps])
                check(f"{role}: no new privileges", s["NoNewPrivs"] == "1")
                check(f"{role}: seccomp filter in each thread", all(
                    re.search(r"Seccomp:\s+2\n", t.read_text())
                    for t in pathlib.Path(f"/proc/{pid}/task").glob("*/status")))
                check(f"{role}: environment is empty",
                      pathlib.Path(f"/proc/{pid}/environ").read_bytes() == b"")
                root = os.readlink(f"/proc/{pid}/root")
                want = c.folder / "data" / "hub" if role == "hub" else c.run / "empty"
                check(f"{role}: root directory", root == str(want), root)
                if role != "hub":
                    check(f"{role}: it is empty", not list(want.iterdir()))
                    check(f"{role}: one thread", s["Threads"] == "1", s["Threads"])
                for fd, target in descriptors(pid).items():
                    if target.endswith("/lock"):
                        info = pathlib.Path(f"/proc/{pid}/fdinfo/{fd}").read_text()
                        mode = int(re.search(r"flags:\s+(\d+)", info)[1], 8) & os.O_ACCMODE
                        check(f"{role}: {pathlib.Path(target).parent.name}/lock cannot be written to", mode == 0, info)
                limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
                check(f"{role}: no core files", re.search(r"Max core file size +0 +0 ", limits), limits)
        check("each role has its own user", len(set.union(*uids.values())) == 4, uids)
        inodes = sockets()
        usual = stderr_and_null(c)
        for pid in pids["keys"]:
            check("keys: channels only", kinds(pid, inodes) <= usual, kinds(pid, inodes) - usual)
        for i, pid in enumerate(pids["net"]):
            more = {"udp"} | {str(c.run / "tables" / f"table.{n}") for n in range(2)}
            seen = kinds(pid, inodes)
            check("net: UDP, channels and one table", seen <= usual | more and "udp" in seen, seen - usual)
            check("net: only its own table", len(seen & more) == 2, seen & more)
        for pid in pids["http"]:
            seen = kinds(pid, inodes) - usual
            check("http: TCP, Unix socket, channels", seen <= {"tcp", "unix", "anon_inode:[eventfd]"}, seen)
        for pid in pids["hub"]:
            seen = kinds(pid, inodes)
            check("hub: no network", not seen & {"udp", "tcp"}, seen)
            check("hub: the database", any("cotter.db" in t for t in seen), seen)
        for role in ROLES:
            other = next(iter(uids["net" if role != "net" else "http"]))
            check(f"{role}: closed to another role's user",
                  not other_user_reads(pids[role][0], int(other)))
            check(f"{role}: closed to its own user (not dumpable)",
                  not other_user_reads(pids[role][0], int(next(iter(uids[role])))))
        mine = os.fork()
        if mine == 0:  # positive control: an ordinary process is open to its own user
            os.setgroups([])
            os.setgid(int(next(iter(uids["net"]))))
            os.setuid(int(next(iter(uids["net"]))))


            ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
            time.sleep(5)
            os._exit(0)

        time.sleep(0.3)
        check("control: an ordinary process is open to its user",
              other_user_reads(mine, int(next(iter(uids["net"])))))
        os.kill(mine, 9)
        os.waitpid(mine, 0)
        tables = (c.run / "tables").stat().st_mode & 0o777
        check("tables: 0700", tables == 0o700, oct(tables))
        for f in (c.run / "tables").iterdir():
            check(f"{f.name}: 0600", f.stat().st_mode & 0o777 == 0o600)
        check("keys' folder: 0700", (c.folder / "data" / "keys").stat().st_mode & 0o777 == 0o700)
        check("admin.token: 0640", (c.run / "admin.token").stat().st_mode & 0o777 == 0o640)
    print("all hold")


main()
