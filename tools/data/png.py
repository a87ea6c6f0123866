"""PNG images (ISO/IEC 15948) of the kinds that fonts hold: palette of 4 or 8 bits, or RGBA of 8,
not interlaced."""

import struct
import zlib

import numpy

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE, RGBA = 3, 6


def decode(data):
    """The image as [height, width, 4] of bytes: red, green, blue, opacity."""
    chunks = dict(chunks_of(data))
    try:
        width, height, bits, kind, *_, interlace = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        packed = zlib.decompress(chunks[b"IDAT"])
    except (KeyError, struct.error, zlib.error) as error:
        raise ValueError(f"a damaged PNG ({error})") from error
    if (kind, bits) not in ((PALETTE, 4), (PALETTE, 8), (RGBA, 8)) or interlace:
        raise ValueError(f"a PNG of kind {kind} with {bits} bits is unknown here")
    samples = 4 if kind == RGBA else 1
    rows = unfilter(packed, height, (width * samples * bits + 7) // 8, samples)
    if kind == RGBA:
        return rows.reshape(height, width, 4)
    if bits == 4:
        rows = numpy.stack([rows >> 4, rows & 15], axis=-1).reshape(height, -1)[:, :width]
    return palette_of(chunks)[rows]


def chunks_of(data):
    if not data.startswith(SIGNATURE):
        raise ValueError("no PNG")
    pixels, at = b"", len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            pixels += content
        else:
            yield kind, content
        at += 12 + length
    yield b"IDAT", pixels


def palette_of(chunks):
    """[256, 4]; colours that are not there are transparent."""
    colours = numpy.frombuffer(chunks.get(b"PLTE", b""), numpy.uint8).reshape(-1, 3)
    palette = numpy.zeros((256, 4), numpy.uint8)
    palette[: len(colours), :3] = colours
    palette[: len(colours), 3] = 255
    opacity = numpy.frombuffer(chunks.get(b"tRNS", b""), numpy.uint8)
    palette[: len(opacity), 3] = opacity
    return palette


def unfilter(packed, height, width, step):
    """Rows of `width` bytes, each after its filter's number; `step` bytes are a pixel."""
    if len(packed) != height * (width + 1):
        raise ValueError("a PNG that ends early")
    rows = numpy.frombuffer(packed, numpy.uint8).reshape(height, width + 1)
    filters, rows = rows[:, 0], rows[:, 1:].copy()
    for at in numpy.flatnonzero(filters):  # most rows of such images have none
        above = rows[at - 1] if at > 0 else numpy.zeros(width, numpy.uint8)
        undo(filters[at], rows[at], above, step)
    return rows


def undo(kind, row, above, step):
    if kind == 1:
        for start in range(step):
            row[start::step] = numpy.cumsum(row[start::step], dtype=numpy.uint8)
    elif kind == 2:
        row += above
    elif kind in (3, 4):
        predict = average if kind == 3 else paeth
        values, ups = row.tolist(), above.tolist()
        for at, up in enumerate(ups):
            left, corner = (values[at - step], ups[at - step]) if at >= step else (0, 0)
            values[at] = (values[at] + predict(left, up, corner)) & 255
        row[:] = values
    else:
        raise ValueError(f"a PNG with a filter {kind}")


def average(left, up, _):
    return (left + up) // 2


def paeth(left, up, corner):
    """Whichever is nearest to left + up - corner; left before up before corner."""
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))
