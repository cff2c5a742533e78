"""Irreversible restrictions that a forked child puts on itself before it sees a submission.

    level 0   rlimits, death with the parent, not dumpable
    level 1   and no_new_privs, Landlock (read the listed paths, nothing else), seccomp (no new
              process, no exec, no socket, no tracing, signals only to itself)
    level 2   the same, inside bubblewrap

Linux only beyond the rlimits. Every rule is there because an attack got through without it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import sys
from collections.abc import Sequence

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
CLONE_THREAD = 0x10000
TIOCSTI = 0x5412

DENIED = """
execve execveat fork vfork ptrace process_vm_readv process_vm_writev kcmp
pidfd_open pidfd_getfd pidfd_send_signal
socket connect bind listen accept accept4
io_uring_setup io_uring_enter io_uring_register
unshare setns mount umount2 pivot_root chroot mount_setattr move_mount open_tree fsopen fsconfig
fsmount fspick bpf perf_event_open userfaultfd keyctl add_key request_key
memfd_create memfd_secret init_module finit_module delete_module kexec_load kexec_file_load reboot
swapon swapoff quotactl acct settimeofday clock_settime clock_adjtime adjtimex personality
iopl ioperm modify_ldt setpriority sched_setscheduler sched_setattr ioprio_set
mbind set_mempolicy migrate_pages move_pages
shmget shmat shmctl semget semop msgget msgsnd mq_open name_to_handle_at open_by_handle_at
fanotify_init inotify_init inotify_init1 lookup_dcookie syslog vhangup sethostname setdomainname
""".split()


def prctl(option: int, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(*(ctypes.c_ulong(value) for value in (option, *arguments))):
        raise OSError(ctypes.get_errno(), "prctl")


def die_with_parent() -> None:
    """A child must not outlive the process that forked it."""
    if LINUX:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def ruleset(files: list[str], folders: list[str]) -> int:
    """A Landlock ruleset, as a descriptor: read below `files`, list names below `folders`.

    Built once by the zygote; a child only has to enforce it.
    """
    from py_landlock import abi, flags
    from py_landlock import landlock_sys as landlock

    version = landlock.get_abi_version()
    attributes = landlock.RulesetAttr()
    attributes.handled_access_fs = abi.get_supported_fs(version)
    attributes.handled_access_net = abi.get_supported_net(version)
    attributes.scoped = abi.get_supported_scope(version)
    rules = landlock.create_ruleset(attributes)
    _allow(rules, files, flags.AccessFs.READ_FILE)
    _allow(rules, folders, flags.AccessFs.READ_DIR)
    return rules


def allow_devices(rules: int, files: Sequence[str]) -> None:
    """Add device files to a ruleset, to be read, written and controlled. They have to be open already:
    the driver opens them once more for new mappings, and no new device comes within reach."""
    from py_landlock import abi, flags
    from py_landlock import landlock_sys as landlock

    access = flags.AccessFs.READ_FILE | flags.AccessFs.WRITE_FILE | flags.AccessFs.IOCTL_DEV
    _allow(rules, files, access & abi.get_supported_fs(landlock.get_abi_version()))


def _allow(rules: int, paths: Sequence[str], access: int) -> None:
    from py_landlock import landlock_sys as landlock

    for path in paths:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        rule = landlock.PathBeneathAttr()
        rule.allowed_access = access
        rule.parent_fd = descriptor
        landlock.add_rule(rules, rule)
        os.close(descriptor)


def system_call_filter():
    """The seccomp filter: threads yes, processes no; signals only to itself."""
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    refuse = seccomp.ERRNO(errno.EPERM)
    for name in DENIED:
        try:
            rules.add_rule(refuse, name)
        except (ValueError, OSError, RuntimeError):  # unknown to this libseccomp or architecture
            continue
    # glibc falls back to clone(2), whose flags a filter can see
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_THREAD, 0))
    for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        rules.add_rule(refuse, name, seccomp.Arg(0, seccomp.NE, os.getpid()))
    rules.add_rule(refuse, "tkill")
    for option in (PR_SET_DUMPABLE, PR_SET_PDEATHSIG):
        rules.add_rule(refuse, "prctl", seccomp.Arg(0, seccomp.EQ, option))
    rules.add_rule(refuse, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, TIOCSTI))
    return rules


def limit_resources(memory: int, cpu_seconds: int) -> None:
    """rlimits for one submission: `memory` bytes, and descriptors, beyond what the fork starts with."""
    mapped, opened = 0, 0
    if LINUX:
        with open("/proc/self/statm") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
        opened = max(map(int, os.listdir("/proc/self/fd")))
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: opened + 64,
        resource.RLIMIT_AS: mapped + memory,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_STACK: 64 << 20,
        resource.RLIMIT_CPU: cpu_seconds,
    }
    for what, value in limits.items():
        _soft, hard = resource.getrlimit(what)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def lock_down(
    level: int, rules: int | None, memory: int, cpu_seconds: int, devices: Sequence[str] = ()
) -> None:
    """Everything above, in the order that works; `devices` are files as in `allow_devices`. There is no
    way back."""
    limit_resources(memory, cpu_seconds)
    if not LINUX:
        return
    die_with_parent()
    prctl(PR_SET_DUMPABLE, 0)
    if level >= 1:
        from py_landlock import landlock_sys as landlock

        if devices:
            allow_devices(rules, devices)
        filters = system_call_filter()
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        landlock.restrict_self(rules, None)
        os.close(rules)
        filters.load()
