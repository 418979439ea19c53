"""Memory of this process as the Linux kernel counts it."""


def _status(field: str) -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def peak_bytes() -> int:
    """The most memory the process ever had resident, in bytes."""
    return _status("VmHWM")


def resident_bytes() -> int:
    """The memory resident now, in bytes."""
    return _status("VmRSS")
