"""A colour font and its PNG images, made byte by byte for the tests."""

import struct
import zlib


def png(pixels, palette=None, bits=8, filters=(0,)):
    """A PNG of rows of palette numbers or of (r, g, b, a); its rows are filtered in turn by
    `filters`, the types of ISO/IEC 15948."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    step = 4 if palette is None else 1
    packed, above = b"", None
    for number, row in enumerate(pixels):
        if palette is None:
            values = bytes(value for pixel in row for value in pixel)
        elif bits == 8:
            values = bytes(row)
        else:
            padded = [*row, 0][: len(row) + len(row) % 2]
            values = bytes(16 * left + right for left, right in zip(padded[::2], padded[1::2]))
        above = above or bytes(len(values))
        kind = filters[number % len(filters)]
        packed += bytes([kind]) + filtered(kind, values, above, step)
        above = values
    head = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), bits, 6 if palette is None else 3, 0, 0, 0)
    colours = b""
    if palette is not None:
        colours = chunk(b"PLTE", bytes(value for colour in palette for value in colour[:3]))
        colours += chunk(b"tRNS", bytes(colour[3] for colour in palette))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + colours + \
        chunk(b"IDAT", zlib.compress(packed)) + chunk(b"IEND", b"")


def filtered(kind, values, above, step):
    out = []
    for at, value in enumerate(values):
        left, corner = (values[at - step], above[at - step]) if at >= step else (0, 0)
        up = above[at]
        guess = left + up - corner
        distances = [abs(guess - left), abs(guess - up), abs(guess - corner)]
        nearest = (left, up, corner)[distances.index(min(distances))]
        guesses = {1: left, 2: up, 3: (left + up) // 2, 4: nearest}
        out.append((value - guesses.get(kind, 0)) % 256)
    return bytes(out)


def colour_font(characters, ligatures, images):
    """A font: characters {code point: glyph}, ligatures {glyphs: glyph}, images {glyph: PNG}, whose
    glyphs must be neighbours."""
    groups = b"".join(struct.pack(">3I", code, code, glyph) for code, glyph in sorted(characters.items()))
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + \
        struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(characters)) + groups

    sets = b""
    firsts = sorted({glyphs[0] for glyphs in ligatures})
    offsets = []
    for first in firsts:
        offsets.append(6 + 2 * len(firsts) + len(sets))
        own = [(glyphs, result) for glyphs, result in ligatures.items() if glyphs[0] == first]
        entries = [struct.pack(f">{len(glyphs) + 1}H", result, len(glyphs), *glyphs[1:])
                   for glyphs, result in own]
        places = [2 + 2 * len(own) + sum(map(len, entries[:at])) for at in range(len(own))]
        sets += struct.pack(f">{len(own) + 1}H", len(own), *places) + b"".join(entries)
    head = 6 + 2 * len(firsts)
    subtable = struct.pack(f">{3 + len(firsts)}H", 1, head + len(sets), len(firsts), *offsets) + sets
    subtable += struct.pack(f">{2 + len(firsts)}H", 1, len(firsts), *firsts)
    lookups = struct.pack(">HH", 1, 4) + struct.pack(">4H", 4, 0, 1, 8) + subtable
    gsub = struct.pack(">5H", 1, 0, 10, 10, 10) + lookups

    first, last = min(images), max(images)
    bitmaps, places = b"", []
    for glyph in range(first, last + 1):
        places.append(len(bitmaps))
        bitmaps += bytes(5) + struct.pack(">I", len(images[glyph])) + images[glyph]
    places.append(len(bitmaps))
    index = struct.pack(">HHI", first, last, 8) + struct.pack(">HHI", 1, 17, 4) + \
        struct.pack(f">{len(places)}I", *places)
    cblc = struct.pack(">HHI", 3, 0, 1) + struct.pack(">4I", 56, len(index), 1, 0) + bytes(32) + index
    cbdt = struct.pack(">HH", 3, 0) + bitmaps

    tables = {"CBDT": cbdt, "CBLC": cblc, "GSUB": gsub, "cmap": cmap}
    at = 12 + 16 * len(tables)
    records, body = b"", b""
    for name, content in tables.items():
        records += struct.pack(">4sIII", name.encode(), 0, at + len(body), len(content))
        body += content
    return struct.pack(">IHHHH", 0x00010000, len(tables), 0, 0, 0) + records + body
