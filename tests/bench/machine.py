"""What a figure depends on and a reader must know: processor, cores, versions, the disk's flush."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_FLUSHES = 30


def cores() -> tuple[int | None, int | None]:
    """A core for the server and one for the load; (None, None) where one cannot pin two."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


def cpu_model() -> str:
    """The processor as the kernel names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def filesystem(path: Path) -> str:
    """The type of the filesystem that holds `path`."""
    best, kind = "", "unknown"
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return kind
    for line in mounts:
        _, point, name, *_ = line.split()
        if path.resolve().is_relative_to(point) and len(point) >= len(best):
            best, kind = point, name
    return kind


def flush_milliseconds(folder: Path) -> float:
    """Median time of one 4 KiB append and fdatasync in `folder`: the floor under `--sync group`."""
    spans = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(_FLUSHES):
            begin = time.perf_counter()
            os.write(file.fileno(), bytes(4096))
            getattr(os, "fdatasync", os.fsync)(file.fileno())
            spans.append(time.perf_counter() - begin)
    return statistics.median(spans) * 1000


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} not installed"


def describe(data_root: Path, pinned: tuple[int | None, int | None]) -> dict[str, str]:
    """The machine in words, by topic."""
    server_core, load_core = pinned
    placing = "no core each: figures are lower and less steady than they could be"
    if server_core is not None:
        placing = f"server on core {server_core}, load generator on core {load_core}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {
        "cpu": f"{cpu_model()}, {os.cpu_count()} cores; {placing}",
        "software": ", ".join(
            [python, _version("uvloop"), _version("simplefix"), platform.platform(terse=True)]
        ),
        "disk": (
            f"{data_root} on {filesystem(data_root)}, "
            f"4 KiB append + fdatasync {flush_milliseconds(data_root):.2f} ms (median)"
        ),
        "busy before": _load_average(),
    }


def _load_average() -> str:
    try:
        return "load average of the last minute {:.2f}".format(*os.getloadavg()[:1])
    except OSError:
        return "unknown"
