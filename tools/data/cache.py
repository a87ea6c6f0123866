"""The cache of data sets: a folder each, in which every file has been checked.

What was checked is remembered beside the files, with their sizes and times, so that asking again
need not read hundreds of megabytes.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil

from catalogue import DataError
from table import problem

RECORD = ".checked"
PARTIAL = ".partial-"  # begins the names of what is not finished
CHUNK = 1 << 20


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def folder_of_cache():
    if os.environ.get("UNROLL_DATA"):
        return pathlib.Path(os.environ["UNROLL_DATA"])
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "unroll" / "data"


@contextlib.contextmanager
def locked(cache, say):
    """One process at a time changes the cache; the others find there what it brought."""
    cache.mkdir(parents=True, exist_ok=True)
    folder = os.open(cache, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another get-data to end")
            fcntl.flock(folder, fcntl.LOCK_EX)
        for remains in cache.glob(PARTIAL + "*"):  # of one that was killed
            shutil.rmtree(remains, ignore_errors=True)
        yield
    finally:
        os.close(folder)


def ready(entry, folder):
    """True where every file of the entry is in its folder and as the catalogue says."""
    known = read_record(folder)
    found = {}
    for name, rule in entry.files.items():
        path = folder / name
        if not path.is_file():
            return False
        stamp = stamp_of(path)
        checksum = known.get((name, *stamp)) or sha256_of(path)
        # Without a checksum in the catalogue, what was checked once and is unchanged is right.
        if checksum not in (rule.sha256 or known.values()) and complaint(rule, path.read_bytes(), checksum):
            return False
        found[(name, *stamp)] = checksum
    if found != known:
        with contextlib.suppress(OSError):  # a cache that may only be read is as good
            write_record(folder, found)
    return True


def complaint(rule, content, checksum):
    """What is wrong with a file's content, or nothing."""
    if rule.sha256:
        if checksum in rule.sha256:
            return None
        known = " or ".join(f"{each[:12]}…" for each in rule.sha256)
        return f"has SHA-256 {checksum[:12]}…, not {known} as catalogued"
    return problem(content, rule.columns, rule.least_rows)


def hand_over(prepared, folder):
    """Puts a folder of checked files in the place of a set, which is new or some of it damaged."""
    write_record(prepared, {(path.name, *stamp_of(path)): sha256_of(path)
                            for path in sorted(prepared.iterdir())})
    if not folder.exists():
        os.replace(prepared, folder)
        return
    if not folder.is_dir():
        raise DataError(f"{folder} is a file where a folder should be")
    for path in sorted(prepared.iterdir(), reverse=True):  # the record, which begins with a dot, last
        os.replace(path, folder / path.name)


def stamp_of(path):
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def read_record(folder):
    """Checksums by (name, size, time of change)."""
    record = {}
    with contextlib.suppress(OSError, ValueError):
        for line in (folder / RECORD).read_text(encoding="utf-8").splitlines():
            checksum, size, time, name = line.split(" ", 3)
            record[(name, int(size), int(time))] = checksum
    return record


def write_record(folder, record):
    text = "".join(f"{checksum} {size} {time} {name}\n" for (name, size, time), checksum in record.items())
    temporary = folder / f"{RECORD}.{os.getpid()}"
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, folder / RECORD)
