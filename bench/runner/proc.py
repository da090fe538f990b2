# SPDX-License-Identifier: Apache-2.0
"""Processes as the kernel has them: descendants, memory, where and with what priority they run."""

import os


def family(pid):
    """The process and all its descendants that are alive."""
    pids = [pid]
    for member in pids:
        try:
            for task in os.listdir(f"/proc/{member}/task"):
                with open(f"/proc/{member}/task/{task}/children", encoding="ascii") as children:
                    pids.extend(int(child) for child in children.read().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return pids


def cpu_seconds(pids):
    """CPU time of all threads of the processes since they began."""
    total = 0
    for pid in pids:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as schedstat:
                    total += int(schedstat.read().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / 1e9


def memory_bytes(pids):
    """Resident memory, pages shared between the processes counted once (Pss)."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
                total += sum(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def settle_on(core, priority):
    """Pins the calling process to a core, with `priority` ahead of what else runs there as far as it may.

    With CONFIG_SCHED_AUTOGROUP a nice value counts within a session only, and the session has one of its own.
    """
    os.setsid()
    os.sched_setaffinity(0, {core})
    if not priority:
        return
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -20)
        with open("/proc/self/autogroup", "w", encoding="ascii") as autogroup:
            autogroup.write("-20")
    except OSError:
        pass


def leave_keeper(program, report):
    """Starts bench/keeper beside the calling process, in its session but none of its descendants.

    It ends by itself when the caller's process, or what that has become by exec, has ended. Its pid is written to the
    file descriptor `report`.
    """
    watched = os.getpid()
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            os.write(report, b"%d" % os.getpid())
            os.setpriority(os.PRIO_PROCESS, 0, 19)
            os.execv(program, [str(program), str(watched)])
        os._exit(0)
    os.waitpid(child, 0)


def describe_machine():
    """One line: processor, cores, kernel."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {os.cpu_count()} cores, Linux {os.uname().release}"
