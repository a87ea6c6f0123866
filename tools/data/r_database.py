"""The lazy-load database (Rdata.rdb) of an R package's data, without R.

The database is a row of records: the unpacked size (4 bytes, big-endian), then a zlib stream. What a
record unpacks to is one R object in XDR form ("R Internals", section 1.8): the mark "X\\n", the
format version (2 or 3), two R versions, in version 3 also the name of an encoding, then the object.
"""

import struct
import zlib

TYPE_BITS, HAS_ATTRIBUTES, HAS_TAG = 0xFF, 0x200, 0x400
SYMBOL, PAIRS, STRING, LOGICAL, INTEGER, REAL, STRINGS, LIST, NULL, REFERENCE = \
    1, 2, 9, 10, 13, 14, 16, 19, 254, 255
DEEPEST = 20


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


class Vector(list):
    """The elements of a vector or list; its `attributes` by name."""

    attributes = {}


class Xdr:
    """Reads one object. Strings are bytes, a missing one is empty; missing numbers are R's own codes."""

    def __init__(self, record):
        self.data = record
        self.at = 0
        self.symbols = []
        if self.take(2) != b"X\n":
            raise ValueError("a record is not an R object in XDR form")
        version = self.integer()
        self.take(8)
        if version == 3:
            self.take(self.integer())
        elif version != 2:
            raise ValueError(f"R objects of version {version} are unknown here")

    def take(self, count):
        chunk = self.data[self.at : self.at + count]
        if count < 0 or len(chunk) != count:
            raise ValueError("an R object ends early")
        self.at += count
        return chunk

    def integer(self):
        return struct.unpack(">i", self.take(4))[0]

    def numbers(self, letter, size):
        count = self.integer()
        return Vector(struct.unpack(f">{count}{letter}", self.take(size * count)))

    def pairs(self, flags, depth):
        """A list of pairs as a dictionary, its tags the keys."""
        found = {}
        while flags & TYPE_BITS == PAIRS:
            if flags & HAS_ATTRIBUTES:
                self.object(depth + 1)
            tag = self.object(depth + 1) if flags & HAS_TAG else None
            found[str(tag)] = self.object(depth + 1)
            flags = self.integer()
        if flags & TYPE_BITS != NULL:
            raise ValueError("a list of pairs does not end")
        return found

    def object(self, depth=0):
        if depth > DEEPEST:
            raise ValueError("R objects are nested too deeply")
        flags = self.integer()
        kind = flags & TYPE_BITS
        if kind == NULL:
            return None
        if kind == SYMBOL:
            self.symbols.append(self.object(depth + 1).decode("utf-8", "replace"))
            return self.symbols[-1]
        if kind == REFERENCE:
            number = flags >> 8
            if not 0 < number <= len(self.symbols):
                raise ValueError("a reference leads nowhere")
            return self.symbols[number - 1]
        if kind == STRING:
            return self.take(max(self.integer(), 0))  # a missing value has the length -1
        if kind == PAIRS:
            return self.pairs(flags, depth)
        if kind in (LOGICAL, INTEGER):
            vector = self.numbers("i", 4)
        elif kind == REAL:
            vector = self.numbers("d", 8)
        elif kind in (STRINGS, LIST):
            vector = Vector(self.object(depth + 1) for _ in range(self.integer()))
        else:
            raise ValueError(f"R objects of type {kind} are unknown here")
        if flags & HAS_ATTRIBUTES:
            vector.attributes = self.pairs(self.integer(), depth + 1)
        return vector


def strings(vector):
    return [value.decode() for value in vector]


def columns_of(record):
    """A data frame's columns by name, of texts and numbers; None where the record is none."""
    frame = Xdr(record).object()
    if not isinstance(frame, Vector) or b"data.frame" not in frame.attributes.get("class", ()):
        return None
    columns = {}
    for name, column in zip(strings(frame.attributes["names"]), frame):
        levels = column.attributes.get("levels")
        if levels is None:
            columns[name] = column
        else:
            words = strings(levels)
            if not all(0 < number <= len(words) for number in column):
                raise ValueError(f"column {name} has a value that is none of its levels")
            columns[name] = [words[number - 1] for number in column]
    return columns
