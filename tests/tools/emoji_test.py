#!/usr/bin/python3
"""Emoji: names and pictures from annotations, a font and its PNG images, all made here."""

import collections
import random
import struct
import unittest

import made_font
from extraction import Extractor

import emoji
import emoji_names
import emoji_people
import png

ANNOTATIONS = '<?xml version="1.0"?><ldml><annotations>{}</annotations></ldml>'


class Emoji(Extractor):
    PERSON, WOMAN, MAN, ENGINE, JOINER, TONE = 0x1F9D1, 0x1F469, 0x1F468, 0x1F692, 0x200D, 0x1F3FB

    def annotations(self, name, entries):
        rows = "".join(f'<annotation cp="{text}">a | b</annotation><annotation cp="{text}" type="tts">{each}</annotation>'
                       for text, each in entries.items())
        return self.write(name, ANNOTATIONS.format(rows))

    def test_names_in_two_languages(self):
        files = {"en": {"🍉": "watermelon", "☺️": "smile", "🐏": "ram"}, "hi": {"🍉": "तरबूज", "☺": "मुस्कान"},
                 "de": {"🍉": "Wassermelone", "🐏": "ram"}}
        paths = []
        for language, entries in files.items():
            paths += [self.annotations(f"{language}.xml", entries), self.annotations(
                f"{language}-derived.xml", {"👋🏻": f"{language}: light"})]
        found = emoji_names.extract(paths, ["hi.tsv", "de.tsv"])
        self.assertEqual(found["hi.tsv"].decode(), "smile\tमुस्कान\tsmile\nwatermelon\tतरबूज\twatermelon\n"
                                                   "en: light\thi: light\ten\n")
        self.assertEqual(found["de.tsv"].decode(), "watermelon\tWassermelone\twatermelon\nen: light\tde: light\ten\n")
        self.survives_damage(emoji_names, paths[0], paths, ["hi.tsv", "de.tsv"])
        for content, says in (("<ldml>", "en.xml: "), (ANNOTATIONS.format(""), "has no names")):
            for path in paths[:2]:
                path.write_text(content)
            with self.assertRaisesRegex(ValueError, says):
                emoji_names.extract(paths, ["hi.tsv", "de.tsv"])

    TONES = ((), ""), *(((code,), f": {tone} skin tone") for code, tone in emoji.TONES.items())

    def firefighters(self):
        """Everyone at the fire brigade, in every tone, and a ram."""
        sequences = {}
        for person, who in ((self.PERSON, ""), (self.MAN, "man "), (self.WOMAN, "woman ")):
            for tone, name in self.TONES:
                sequences[(person, *tone, self.JOINER, self.ENGINE)] = f"{who}firefighter{name}"
        return {**sequences, (0x1F40F, 0xFE0F): "ram"}

    def others(self):
        """Those who walk, in every tone; who are no role: under water, with no tone, mirrored."""
        sequences = {}
        for tone, name in self.TONES:
            for sign, walker, mer in (((), "person", "merperson"), ((self.JOINER, 0x2642), "man", "merman"),
                                      ((self.JOINER, 0x2640), "woman", "mermaid")):
                sequences[(0x1F6B6, *tone, *sign)] = f"{walker} walking{name}"
                sequences[(0x1F9DC, *tone, *sign)] = f"{mer}{name}"
                sequences[(0x1F6B6, *tone, *sign, self.JOINER, 0x27A1)] = f"{walker} walking facing right{name}"
                if not tone:
                    sequences[(0x1F46F, *sign)] = f"{walker} with bunny ears"
        return sequences

    def originals(self, sequences=None):
        sequences = sequences or self.firefighters()
        codes = sorted({code for sequence in sequences for code in sequence})
        glyphs = {code: number for number, code in enumerate(codes, 1) if code != 0xFE0F}
        results = {}
        for number, sequence in enumerate(sequences, 100):
            results[tuple(glyphs[code] for code in sequence if code != 0xFE0F)] = number
        alone = {code: results.pop((glyph,)) for code, glyph in glyphs.items() if (glyph,) in results}
        for code, number in alone.items():  # no ligature; others that begin with it are of this glyph
            results = {tuple(number if glyph == glyphs[code] else glyph for glyph in key): result
                       for key, result in results.items()}
        glyphs.update(alone)
        blank = [[0] * 136 for _ in range(128)]
        images = {}
        for number in range(100, 100 + len(sequences)):
            pixels = [row[:] for row in blank]
            for row in pixels[:4]:  # the box of one pixel: colour 1 in a number of its 16
                row[4:8] = [1] * 4
            pixels[0][4] = 0 if number % 2 else 1
            images[number] = made_font.png(pixels, [(0, 0, 0, 0), (number, 0, 255, 255)], filters=(0, 1, 2, 3, 4))
        font = self.write("font.ttf", made_font.colour_font(glyphs, results, images))
        test = self.write("emoji-test.txt", "# group: People\n# subgroup: person-role\n" + "".join(
            f"{' '.join(f'{code:04X}' for code in sequence)}   ; fully-qualified     # x E4.0 {name}\n"
            for sequence, name in sequences.items()) + "1F692 ; minimally-qualified # x E1.0 no\n")
        texts = {"".join(chr(code) for code in sequence if code != 0xFE0F): name for sequence, name in sequences.items()}
        return [font, test, *(self.annotations(f"{part}-{language}.xml", {text: f"{language} {name}" for text, name in
                              texts.items()}) for language in ("hi", "de") for part in ("plain", "derived"))]

    def test_pictures_and_what_they_are_composed_of(self):
        paths = self.originals()
        found = emoji.extract(paths, ["images.idx", "emoji.tsv"])
        rows = [row.split("\t") for row in found["emoji.tsv"].decode().splitlines()]
        self.assertEqual(len(rows), 19)
        self.assertEqual(rows[7], ["man firefighter: light skin tone", "hi man firefighter: light skin tone",
                                   "de man firefighter: light skin tone", "man firefighter", "light", "firefighter",
                                   "man", "person-role", "train", "train", "1F468 1F3FB 200D 1F692"])
        self.assertEqual(rows[18][3:10], ["ram", "-", "-", "-", "person-role", "-", "-"])
        held_out = [(row[3], row[4]) for row in rows if row[8] not in ("train", "-")]
        self.assertEqual(held_out, [("firefighter", "light"), ("man firefighter", "medium-light"),
                                    ("woman firefighter", "medium")])
        self.assertEqual({row[6] for row in rows if row[9] == "validation"}, {"person"})
        self.assertEqual({row[6] for row in rows if row[9] == "train"}, {"man", "woman"})
        images = found["images.idx"]
        self.assertEqual(struct.unpack(">HBB4I", images[:20]), (0, 8, 4, 19, 3, 32, 32))
        self.assertEqual(len(images), 20 + 19 * 3 * 32 * 32)
        for number in range(19):
            picture = images[20 + number * 3072 : 20 + (number + 1) * 3072]
            share = 15 if number % 2 else 16  # of sixteen, over white
            red = (share * (100 + number) + (16 - share) * 255 + 8) // 16
            green = ((16 - share) * 255 + 8) // 16
            self.assertEqual((picture[0], picture[1024], picture[2048]), (red, green, 255))
            self.assertEqual(set(picture[1:1024]), {255})

    def test_people_in_roles_are_taken_larger(self):
        paths = self.originals({**self.firefighters(), **self.others()})
        found = emoji_people.extract(paths, ["images.idx", "people.tsv"])
        rows = [row.split("\t") for row in found["people.tsv"].decode().splitlines()]
        self.assertEqual(rows[7], ["man firefighter: light skin tone", "hi man firefighter: light skin tone",
                                   "de man firefighter: light skin tone", "firefighter", "man", "light", "train",
                                   "1F468 1F3FB 200D 1F692"])
        self.assertEqual(collections.Counter(row[3] for row in rows), {"firefighter": 18, "walking": 18})
        self.assertEqual({(row[3], row[4]) for row in rows if row[6] == "validation"},
                         {("firefighter", "person"), ("walking", "man")})
        images = found["images.idx"]
        self.assertEqual(struct.unpack(">HBB4I", images[:20]), (0, 8, 4, 36, 3, 64, 64))
        self.assertEqual(len(images), 20 + 36 * 3 * 64 * 64)
        self.assertEqual(tuple(images[20 : 20 + 3 * 4096 : 4096]), (100, 0, 255), "one pixel of four, none clear")
        paths[1].write_text("1F40F ; fully-qualified # x E4.0 ram\n")
        with self.assertRaisesRegex(ValueError, "no people"):
            emoji_people.extract(paths, ["images.idx", "people.tsv"])

    def test_damaged_fonts_are_refused(self):
        paths = self.originals()
        self.survives_damage(emoji, paths[0], paths, ["images.idx", "emoji.tsv"])
        for content, says in ((b"", "ends early"), (paths[0].read_bytes()[:200], "ends early"),
                              (paths[0].read_bytes().replace(b"CBLC", b"XXXX"), "no table 'CBLC'")):
            paths[0].write_bytes(content)
            with self.assertRaisesRegex(ValueError, says):
                emoji.extract(paths, ["images.idx", "emoji.tsv"])

    def test_png_of_every_kind(self):
        chance = random.Random(3)
        palette = [tuple(chance.randrange(256) for _ in range(4)) for _ in range(16)]
        for bits in (4, 8):
            rows = [[chance.randrange(16) for _ in range(7)] for _ in range(10)]
            image = png.decode(made_font.png(rows, palette, bits, filters=(4, 3, 2, 1, 0)))
            self.assertEqual([[tuple(pixel) for pixel in row] for row in image.tolist()],
                             [[palette[value] for value in row] for row in rows])
        rows = [[tuple(chance.randrange(256) for _ in range(4)) for _ in range(5)] for _ in range(10)]
        image = png.decode(made_font.png(rows, filters=(1, 4, 0, 3, 2)))
        self.assertEqual([[tuple(pixel) for pixel in row] for row in image.tolist()], rows)
        good = made_font.png([[1, 1]], palette)
        for content, says in ((b"GIF", "no PNG"), (good[:30], "damaged PNG"), (made_font.png([[1]], palette, filters=(7,)), "filter 7"),
                              (good.replace(b"\x02\x00\x00\x00\x01\x08\x03", b"\x09\x00\x00\x00\x01\x08\x03"), "ends early")):
            with self.subTest(says), self.assertRaisesRegex(ValueError, says):
                png.decode(content)


if __name__ == "__main__":
    unittest.main()
