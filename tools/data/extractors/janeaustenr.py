"""The novels in the lazy-load database (Rdata.rdb) of the R package janeaustenr.

A novel is a vector of strings, one a line; its first line that is not blank is the title.
"""

from r_database import Vector, Xdr, records


def lines_of(record):
    """The strings of a record that is a character vector, else None."""
    vector = Xdr(record).object()
    if not isinstance(vector, Vector) or not all(isinstance(line, bytes) for line in vector):
        return None
    return vector


def extract(paths, names):
    """All novels by file name: "PRIDE AND PREJUDICE" becomes pride-and-prejudice.txt."""
    (path,) = paths
    novels = {}
    for record in records(path.read_bytes()):
        lines = lines_of(record)
        title = next((line for line in lines or () if line.strip()), None)
        if title is not None:
            name = "-".join(title.decode("utf-8").lower().split()) + ".txt"
            novels[name] = b"\n".join(lines) + b"\n"
    return {name: novels[name] for name in names if name in novels}
