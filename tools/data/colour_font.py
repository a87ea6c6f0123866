"""Pictures in a colour font: an OpenType file whose glyphs are PNG images.

Of the format (OpenType specification 1.9) what Noto Color Emoji uses: `cmap` format 12 leads from
characters to glyphs, the ligatures of `GSUB` (lookup type 4) from sequences to glyphs, `CBLC` (index
format 1) and `CBDT` (image format 17) from glyphs to images. All numbers are big-endian.
"""

import struct


class ColourFont:
    def __init__(self, data):
        self.data = data
        try:
            (count,) = self.read("H", 4)
            self.tables = {}
            for at in range(12, 12 + 16 * count, 16):
                name, _, offset, _ = self.read("4sIII", at)
                self.tables[name.decode("latin-1")] = offset
            self.glyphs = dict(self.characters())
            self.ligatures = dict(self.sequences())
            self.images = dict(self.places())
        except KeyError as error:
            raise ValueError(f"the font has no table {error}") from error
        except struct.error as error:
            raise ValueError("the font ends early") from error

    def read(self, form, at):
        return struct.unpack_from(">" + form, self.data, at)

    def picture(self, sequence):
        """The PNG of a sequence of code points, or nothing."""
        glyphs = tuple(map(self.glyphs.get, sequence))
        glyph = glyphs[0] if len(glyphs) == 1 else self.ligatures.get(glyphs)
        if glyph not in self.images:
            return None
        start, end = self.images[glyph]
        return self.data[start:end]

    def characters(self):
        """(code point, glyph) of every subtable of format 12."""
        cmap = self.tables["cmap"]
        for record in range(self.read("H", cmap + 2)[0]):
            subtable = cmap + self.read("I", cmap + 4 + 8 * record + 4)[0]
            if self.read("H", subtable)[0] != 12:
                continue
            for group in range(self.read("I", subtable + 12)[0]):
                first, last, glyph = self.read("3I", subtable + 16 + 12 * group)
                if last >= 0x110000:
                    raise ValueError("the font names characters that Unicode has not")
                yield from zip(range(first, last + 1), range(glyph, glyph + last - first + 1))

    def sequences(self):
        """(glyphs, their ligature) of every ligature lookup."""
        gsub = self.tables["GSUB"]
        lookups = gsub + self.read("H", gsub + 8)[0]
        for offset in self.counted("H", lookups):
            lookup = lookups + offset
            kind = self.read("H", lookup)[0]
            for subtable in (self.counted("H", lookup + 4) if kind == 4 else ()):
                yield from self.ligatures_of(lookup + subtable)

    def ligatures_of(self, subtable):
        coverage = self.coverage(subtable + self.read("H", subtable + 2)[0])
        for first, offset in zip(coverage, self.counted("H", subtable + 4)):
            for ligature in self.counted("H", subtable + offset):
                at = subtable + offset + ligature
                glyph, count = self.read("2H", at)
                yield (first, *self.read(f"{count - 1}H", at + 4)), glyph

    def coverage(self, at):
        if self.read("H", at)[0] == 1:
            return self.counted("H", at + 2)
        glyphs = []
        for each in range(self.read("H", at + 2)[0]):
            first, last, _ = self.read("3H", at + 4 + 6 * each)
            glyphs += range(first, last + 1)
        return glyphs

    def counted(self, form, at):
        """An array after its length."""
        return self.read(f"{self.read('H', at)[0]}{form}", at + 2)

    def places(self):
        """(glyph, (start, end) of its PNG) of the first strike."""
        index, images = self.tables["CBLC"], self.tables["CBDT"]
        array, _, count = self.read("3I", index + 8)
        for each in range(count):
            first, last, offset = self.read("HHI", index + array + 8 * each)
            at = index + array + offset
            index_format, image_format, base = self.read("HHI", at)
            if (index_format, image_format) != (1, 17):
                raise ValueError(f"images of formats {index_format} and {image_format} are unknown here")
            offsets = self.read(f"{last - first + 2}I", at + 8)
            for glyph, start, end in zip(range(first, last + 1), offsets, offsets[1:]):
                if start < end:
                    # Five bytes of metrics and four of length stand before the image.
                    length = self.read("I", images + base + start + 5)[0]
                    place = images + base + start + 9
                    yield glyph, (place, place + length)
