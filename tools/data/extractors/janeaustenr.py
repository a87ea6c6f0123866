"""The novels in the lazy-load database (Rdata.rdb) of the R package janeaustenr, without R.

The database is a row of records: the unpacked size (4 bytes, big-endian), then a zlib stream. What a
record unpacks to is one R object in XDR form ("R Internals", section 1.8): the mark "X\\n", the
format version (2 or 3), two R versions, in version 3 also the name of an encoding, then the object.
A novel is a vector of strings, one a line; its first line that is not blank is the title.
"""

import struct
import zlib

CHARACTER_VECTOR = 16
ONE_STRING = 9
TYPE_BITS = 0xFF


class Xdr:
    """Big-endian 32-bit integers and counted bytes, read in turn."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, count):
        chunk = self.data[self.at : self.at + count]
        if len(chunk) != count:
            raise ValueError("an R object ends early")
        self.at += count
        return chunk

    def integer(self):
        return struct.unpack(">i", self.take(4))[0]


def records(database):
    while database:
        if len(database) < 4:
            raise ValueError("a record ends early")
        stream = zlib.decompressobj()
        try:
            content = stream.decompress(database[4:])
        except zlib.error as error:
            raise ValueError(f"a record is not a zlib stream ({error})") from error
        if not stream.eof or len(content) != struct.unpack(">I", database[:4])[0]:
            raise ValueError("a record ends early")
        yield content
        database = stream.unused_data


def lines_of(record):
    """The strings of a record that is a character vector, else None."""
    xdr = Xdr(record)
    if xdr.take(2) != b"X\n":
        raise ValueError("a record is not an R object in XDR form")
    version = xdr.integer()
    xdr.take(8)
    if version == 3:
        xdr.take(xdr.integer())
    elif version != 2:
        raise ValueError(f"R objects of version {version} are unknown here")
    if xdr.integer() & TYPE_BITS != CHARACTER_VECTOR:
        return None
    lines = []
    for _ in range(xdr.integer()):
        if xdr.integer() & TYPE_BITS != ONE_STRING:
            raise ValueError("a character vector holds something else than strings")
        lines.append(xdr.take(max(xdr.integer(), 0)))  # a missing value has the length -1
    return lines


def extract(paths, names):
    (path,) = paths
    """All novels by file name: "PRIDE AND PREJUDICE" becomes pride-and-prejudice.txt."""
    novels = {}
    for record in records(path.read_bytes()):
        lines = lines_of(record)
        title = next((line for line in lines or () if line.strip()), None)
        if title is not None:
            name = "-".join(title.decode("utf-8").lower().split()) + ".txt"
            novels[name] = b"\n".join(lines) + b"\n"
    return {name: novels[name] for name in names if name in novels}
