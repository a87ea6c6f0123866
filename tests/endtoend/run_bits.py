"""Run files without Unroll's own code: what two of them share bit by bit, and what lies on disk."""
import hashlib
import pathlib
import subprocess

import h5py
import numpy

# What two runs of the same seed do not share.
PRIVATE = ("timing", "environment", "state/timing")
PRIVATE_ATTRIBUTES = ("created", "finished", "run_id")


def content(path):
    """Every attribute and data set that equal runs share, as {name: bytes}."""
    found = {}

    def note(name, item):
        if name.startswith(PRIVATE):
            return
        for key, value in item.attrs.items():
            if name or key not in PRIVATE_ATTRIBUTES:
                found[f"{name}@{key}"] = repr(value)
        if isinstance(item, h5py.Dataset):
            values = item[()]
            if isinstance(values, numpy.ndarray) and values.dtype != object:
                found[name] = (values.dtype.str, values.shape, values.tobytes())
            else:
                found[name] = repr(values if numpy.isscalar(values) or isinstance(values, bytes)
                                   else values.tolist())

    with h5py.File(path) as run:
        note("", run)
        run.visititems(note)
    return found


def differences(a, b):
    """Names of what is not the same bits in both files."""
    left, right = content(a), content(b)
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))


def seal(path):
    """The checksum in the user block, after verifying it against the rest."""
    data = pathlib.Path(path).read_bytes()
    words = data[:512].rstrip(b"\0").decode().split()
    assert words[0] == "UNROLLRUN" and int(words[3]) == len(data) - 512, words
    assert hashlib.sha256(data[512:]).hexdigest() == words[5], "the seal is not of this content"
    return words[5]


def journal(path):
    """The whole records of the journal that belongs to a run file, as lists of fields."""
    for file in pathlib.Path(f"{path}.journal"), pathlib.Path(f"{path}.journal.next"):
        lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
        if lines and lines[0] == b"UNROLLJOURNAL 1 " + seal(path).encode():
            break
    else:
        return []
    records = []
    for line in lines[1:]:
        check, body = line[:16], line[17:]
        assert hashlib.sha256(body).hexdigest()[:16] == check.decode(), f"damaged: {line}"
        records.append(body.decode().split("\t"))
    return records


def train_steps(path):
    """Steps of the rows of /metrics/train: those of the checkpoint, and those since, from both."""
    with h5py.File(path) as run:
        table = run.get("metrics/train")
        steps = [] if table is None else table["step"][:].tolist()
        known = 0 if table is None else int(table.attrs["checkpoint_rows"])
    steps += [int(fields[2]) for fields in journal(path) if fields[:2] == ["metrics", "train"]]
    return steps[:known], steps[known:]


def rows(path):
    """Every row of /metrics/train on disk, journal and all: {step: {name: value}}."""
    found = {}
    with h5py.File(path) as run:
        table = run.get("metrics/train", {"step": []})
        for name in table:
            for step, value in zip(table["step"], table[name]):
                if name != "step" and not numpy.isnan(value):
                    found.setdefault(int(step), {})[name] = float(value)
    for kind, split, step, *fields in journal(path):
        if (kind, split) == ("metrics", "train"):
            found[int(step)] = {name: float(value)
                                for name, value in zip(fields[::3], fields[2::3])}
    return found


def opens_everywhere(path):
    """h5py reads all of it, h5dump prints all of it, the seal is of it."""
    seal(path)
    content(path)
    done = subprocess.run(["h5dump", str(path)], capture_output=True)
    assert done.returncode == 0, done.stderr
