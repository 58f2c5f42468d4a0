"""Walls around a worker: what a query of a stranger cannot reach, whatever the engine would do with it.

The engine calls a SERVICE over HTTP and has no switch for it; here three walls stand one behind the other:
no network interface (a network namespace of its own, where the kernel lets us), no system call that makes a
connection, a process or a change to files (seccomp), and no new file descriptor at all (RLIMIT_NOFILE).
Memory, processor time and the life of the parent bound the rest. All of it needs Linux and no privilege.
This module refuses to be called in a process that has other work to do: nothing here can be undone.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Iterable

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000

STACK = 120 << 20
"""Bytes of stack. The kernel always leaves 128 MB for it; with 8 MB, 4,000 nested braces end the process."""

_LIBC = ctypes.CDLL(None, use_errno=True)

_DENIED: dict[str, tuple[int, int | None]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "connect": (42, 203),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "recvmsg": (47, 212),
    "recvmmsg": (299, 243),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "kill": (62, 129),
    "tkill": (200, 130),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "personality": (135, 92),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "creat": (85, None),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "truncate": (76, 45),
    "chmod": (90, None),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "lchown": (94, None),
    "fchownat": (260, 54),
}
"""System call → its number on x86-64 and on AArch64, None where it does not exist. They fail with EPERM."""

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine → its column above and its AUDIT_ARCH_* value (linux/audit.h)."""

_X32 = 0x40000000
"""Numbers from here on are x86-64's other ABI, which would go around the list."""


def leave_network() -> bool:
    """Move to a network namespace with no interface up. Whether the kernel let us.

    Only a process with one thread may make a user namespace (unshare(2)), and without one only root may
    make the other.
    """
    both = _CLONE_NEWUSER | _CLONE_NEWNET
    return any(_LIBC.unshare(flags) == 0 for flags in (both, _CLONE_NEWNET))


def die_with(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Get the signal ``by`` when the thread that started this process ends; end now when it did already."""
    _prctl(_PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:
        os._exit(1)


def deny_system_calls() -> bool:
    """Make the calls of the list fail with EPERM, now and for ever. Whether the kernel can (seccomp(2))."""
    if platform.machine() not in _ARCHITECTURES:
        return False
    program = _filter(*_ARCHITECTURES[platform.machine()])
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    pointer = ctypes.create_string_buffer(header, len(header))
    done = _LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(pointer), 0, 0)
    return bool(done == 0)


def limit_stack() -> None:
    """Let the stack grow to ``STACK``, or as far as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = STACK if hard == resource.RLIM_INFINITY else min(STACK, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))


def limit_memory(size: int) -> None:
    """At most ``size`` bytes of addresses: an allocation beyond fails."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def limit_processor(seconds: int) -> None:
    """End this process when it has used ``seconds`` of processor time since it began."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))


def leave_no_core() -> None:
    """A crash writes no memory to disk: it may hold a person's question."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def open_no_more() -> None:
    """From now on no file, pipe or socket can be opened; what is open stays."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def close_all_but(kept: Iterable[int]) -> None:
    """Close every file descriptor above 2 that is not in ``kept``, and put the null device in 0, 1 and 2."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    spared = {0, 1, 2, *kept}
    for number in map(int, os.listdir("/proc/self/fd")):
        if number not in spared:
            try:
                os.close(number)
            except OSError:
                continue  # the one that listed them


def offer_to_the_killer() -> None:
    """When the machine runs out of memory, this process goes first, not the server."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        return  # a matter of order only


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _filter(column: int, architecture: int) -> bytes:
    """The program of the filter (linux/filter.h): load, compare and jump, return."""
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    allow, deny = 0x7FFF0000, 0x00050000 | 1  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM
    numbers = (row[column] for row in _DENIED.values())
    steps = [(equal, number) for number in numbers if number is not None]
    if column == 0:
        steps.insert(0, (at_least, _X32))
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, deny), (load, 0, 0, 0)]
    program += [(code, len(steps) - place, 0, number) for place, (code, number) in enumerate(steps)]
    program += [(answer, 0, 0, allow), (answer, 0, 0, deny)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)
