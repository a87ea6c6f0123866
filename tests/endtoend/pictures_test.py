"""Pictures to captions with the real runexp: trained, used, resumed; and the splits of the emoji."""
import collections
import json
import struct
import unittest
import zlib

import h5py
import numpy

import harness

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (40, 60, 230)}
PLACES = {"top left": (0, 0), "top right": (0, 6), "bottom left": (6, 0), "bottom right": (6, 6)}
EXPERIMENT = """\
experiment: squares
seed: 1
data: {captioned_images: {images: squares, table: squares.tsv, file: "1", text: "2", split: hash}}
tokenizer: {word: {split: spaces}}
model:
  one_to_many:
    encoder: {cnn: {channels: [8, 8], normalisation: batch, dropout: 0.1}}
    cell: gru
    hidden: 16
    embedding: 8
    width: 16
training: {epochs: 12, batch: 16, optimizer: {adam: {learning_rate: 0.02}}}
generate: {length: 6, samplers: [greedy]}
"""


def png(pixels):
    """[rows, columns, 3] bytes as a PNG (ISO/IEC 15948), rows unfiltered."""
    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
    rows, columns, _ = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


class Captions(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(1)
        rows = []
        for number in range(240):
            colour, place = list(COLOURS)[number % 3], list(PLACES)[number // 3 % 4]
            pixels = random.integers(180, 255, (12, 12, 3), dtype=numpy.uint8)
            row, column = PLACES[place]
            pixels[row:row + 6, column:column + 6] = COLOURS[colour]
            self.write(f"squares/{number:03}.png", png(pixels))
            rows.append(f"{number:03}.png\ta {colour} square {place}\n")
        self.write("squares.tsv", "".join(rows))
        self.write("squares.yaml", EXPERIMENT)

    def weights(self, name):
        found = {}
        with h5py.File(self.folder / name) as run:
            run["weights"].visititems(lambda path, item: found.update({path: item[()].tobytes()})
                                      if isinstance(item, h5py.Dataset) else None)
        return found

    def test_are_learnt_and_what_was_learnt_travels(self):
        self.run_it("squares.yaml", "--quiet", "-o", "whole.h5")
        figures = json.loads(self.run_it("evaluate", "whole.h5", "--json").stdout)
        self.assertIn("exact_match", json.dumps(figures))
        with h5py.File(self.folder / "whole.h5") as run:
            exact = run["metrics/validation/exact_match"]["exact_match"][-1] \
                if isinstance(run["metrics/validation/exact_match"], h5py.Group) \
                else run["metrics/validation/exact_match"][-1]
        self.assertGreater(float(exact), 0.95)
        answer = self.run_it("sample", "whole.h5", "--data", "squares/005.png").stdout
        self.assertIn("a blue square top right", answer)
        answers = self.run_it("sample", "whole.h5", "--data", "squares").stdout
        self.assertGreater(answers.count("a blue square top right"), 15)
        learnt = [path for path in self.weights("whole.h5") if "learnt/block0/mean" in path]
        self.assertEqual(len(learnt), 1, "the running means")
        # In two sittings: the same weights and running means to the bit.
        self.run_it("squares.yaml", "--quiet", "-o", "parts.h5", "--set", "training.epochs=5")
        self.run_it("resume", "parts.h5", "--quiet", "--set", "training.epochs=12")
        self.assertEqual(self.weights("parts.h5"), self.weights("whole.h5"))

    def test_a_damaged_picture_is_named_or_skipped(self):
        whole = (self.folder / "squares/007.png").read_bytes()
        (self.folder / "squares/007.png").write_bytes(whole[:len(whole) // 2])
        self.refused(4, "squares.yaml", says=["squares.tsv:8: ", "squares/007.png: a damaged PNG",
                                              "on_error: skip"])
        done = self.run_it("squares.yaml", "--set", "data.captioned_images.on_error=skip",
                           "--set", "training.epochs=1")
        self.assertIn("skipped 1 examples", done.stdout + done.stderr)

    def test_a_row_that_names_no_picture_is_named_or_skipped(self):
        table = self.folder / "squares.tsv"
        rows = table.read_text(encoding="utf-8").splitlines()
        rows[4] = "\t" + rows[4].split("\t", 1)[1]
        table.write_text("\n".join(rows) + "\n", encoding="utf-8")
        self.refused(4, "squares.yaml", says=["squares.tsv:5: names no file", "on_error: skip"])
        done = self.run_it("squares.yaml", "--set", "data.captioned_images.on_error=skip",
                           "--set", "training.epochs=1")
        self.assertIn("skipped 1 examples", done.stdout + done.stderr)


class EmojiSplits(unittest.TestCase):
    """What is held out is composed of parts that were seen, and was not seen itself."""

    def check(self, table, split, whole, held_out):
        """`whole` and `held_out` are columns from 1: each test row's `held_out` of its `whole`."""
        path = harness.DATA / table
        if not path.exists():
            self.skipTest(f"no data: tools/get-data {path.parent.name}")
        rows = [row.split("\t") for row in path.read_text(encoding="utf-8").splitlines()]
        content = path.with_name("images.idx").read_bytes()
        size = (len(content) - 20) // len(rows)
        examples = [(row, content[20 + i * size: 20 + (i + 1) * size])
                    for i, row in enumerate(rows)]
        seen = collections.defaultdict(set)
        captions, pictures, parts = set(), set(), set()
        for row, picture in examples:
            if row[split - 1] == "train":
                seen[row[whole - 1]].add(row[held_out - 1])
                captions.add(row[0])
                pictures.add(picture)
                parts.add(row[held_out - 1])
        tested = 0
        for row, picture in examples:
            if row[split - 1] not in ("validation", "test"):
                continue
            tested += 1
            name = f"{row[0]} ({row[split - 1]})"
            self.assertNotIn(row[0], captions, name)
            if picture in pictures:  # covered from head to foot; astronauts from Debian 13 on
                self.assertRegex(row[0], r"^(snowboarder|astronaut|man astronaut|woman astronaut)\b")
            self.assertTrue(seen[row[whole - 1]], f"{name}: nothing of its kind was seen")
            self.assertNotIn(row[held_out - 1], seen[row[whole - 1]], name)
            self.assertIn(row[held_out - 1], parts, name)
        self.assertGreater(tested, 200)

    def test_one_tone_of_each_base_is_held_out(self):
        self.check("emoji/emoji.tsv", split=9, whole=4, held_out=5)

    def test_one_gender_of_each_role_is_held_out(self):
        self.check("emoji/emoji.tsv", split=10, whole=6, held_out=7)
        self.check("emoji-people/people.tsv", split=7, whole=4, held_out=5)


if __name__ == "__main__":
    unittest.main()
