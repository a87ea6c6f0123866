"""The King James Bible of bible-kjv-text (bible.data), a verse a line.

The file has a header, then offsets (32 bits, big-endian) of blocks; each block is what compress(1)
writes, without the three bytes that begin such files. All blocks together are a line of title, then
verses as `Ge1:1 In the …`.
"""

import re
import struct
import subprocess

MAGIC = b"EC02Compressed Data File"
HEADER_BYTES = 0x5C
BLOCKS = 69
COMPRESS = b"\x1f\x9d\x90"  # up to 16 bits a code, in blocks
VERSE = re.compile(rb"\w+:\d+ ")


def extract(paths, names):
    (path,) = paths
    (name,) = names
    data = path.read_bytes()
    if not data.startswith(MAGIC) or len(data) < HEADER_BYTES + 4 * BLOCKS:
        raise ValueError("it does not begin as bible.data does")
    starts = [*struct.unpack_from(f">{BLOCKS}I", data, HEADER_BYTES), len(data)]
    blocks = (data[start:end] for start, end in zip(starts, starts[1:]) if start < end)
    _, *verses = b"".join(map(decompress, blocks)).splitlines()
    if not verses or not all(map(VERSE.match, verses)):
        raise ValueError("a verse does not begin with its place")
    return {name: b"".join(verse.partition(b" ")[2] + b"\n" for verse in verses)}


def decompress(block):
    done = subprocess.run(["gzip", "-dc"], input=COMPRESS + block, capture_output=True)
    if done.returncode != 0:
        raise ValueError(f"a block is damaged ({done.stderr.decode(errors='replace').strip()})")
    return done.stdout
