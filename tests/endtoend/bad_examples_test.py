"""Examples that cannot be used: each is named with its file and line, or skipped and counted."""
import json
import unittest

import h5py
import harness

CLASSIFIER = """\
experiment: classes
seed: 1
data: {labelled_text: {files: [FILE], OPTIONS}}
tokenizer: char
model: {many_to_one: {hidden: 8, embedding: 4}}
training: {epochs: 1, batch: 8}
"""
TRANSLATOR = """\
experiment: pairs
seed: 1
data: {parallel_text: {OPTIONS}}
tokenizer: char
model: {seq2seq: {hidden: 8, embedding: 4}}
training: {epochs: 1, batch: 8}
generate: {length: 5, samplers: [greedy]}
"""


class BadExamples(harness.EndToEnd):
    def refusal_or_skip(self, text, options, says, skipped=1):
        """Refused as data with this message; with on_error: skip the rest is trained on."""
        self.write("x.yaml", text.replace("OPTIONS", options))
        self.refused(4, "x.yaml", says=[*says, "on_error: skip"])
        self.assertFalse((self.folder / "runs").exists())
        self.write("x.yaml", text.replace("OPTIONS", options + ", on_error: skip"))
        done = self.run_it("x.yaml", "--json", "--output", "x.h5")
        notice = f"skipped {skipped} examples, the first: "
        self.assertIn(notice, done.stderr)
        self.assertIn(says[0], done.stderr)
        with h5py.File(self.folder / "x.h5") as run:
            kept = list(run["environment/data/notices"].asstr())
        told = [text for text in kept if text.startswith(notice) and says[0] in text]
        self.assertEqual(len(told), 1, kept)
        self.assertEqual(json.loads(done.stdout)["notices"], kept)


class Labels(BadExamples):
    def classes(self, name, rows, says, options="validation: 0.2", skipped=1):
        self.write(name, "".join(row + "\n" for row in rows))
        self.refusal_or_skip(CLASSIFIER.replace("FILE", name), options, says, skipped)

    def rows(self, separator="\t"):
        return [f"{'odd' if i % 2 else 'even'}{separator}number {i}" for i in range(40)]

    def test_a_row_without_label(self):
        rows = self.rows()
        rows[6] = "\tnumber six"
        self.classes("t.tsv", rows, ["t.tsv:7: has no label"])

    def test_a_row_without_text(self):
        rows = self.rows()
        rows[39] = "odd\t"
        self.classes("t.tsv", rows, ["t.tsv:40: has no text"])

    def test_a_row_without_the_column(self):
        rows = self.rows()
        rows[2:2] = ["odd number 2", "even"]
        self.classes("t.tsv", rows, ["t.tsv:3: 1 columns, but column 2 is wanted"], skipped=2)

    def test_quotes_that_do_not_end(self):
        rows = self.rows(",") + ['odd,"number 41', "even,number 42"]
        self.classes("t.csv", rows, ["t.csv:41: a quoted cell is never closed"])

    def test_text_behind_quotes(self):
        rows = self.rows(",")
        rows[4] = 'even,"number" four'
        self.classes("t.csv", rows, ["t.csv:5: text follows the closing quote"])

    def test_json_that_is_none(self):
        rows = [f'{{"kind": "{i % 2}", "text": "number {i}"}}' for i in range(40)]
        rows[9] = '{"kind": "1", "text": "number'
        rows[11] = '{"kind": "1", "words": "number"}'
        self.classes("t.jsonl", rows, ["t.jsonl:10: is not a JSON object"],
                     "label: kind, text: text, validation: 0.2", skipped=2)

    def test_a_class_that_was_never_learnt(self):
        self.write("test.tsv", "odd\tnumber 1\nprime\tnumber 2\n")
        self.classes("t.tsv", self.rows(), ["test.tsv:2: ", "'prime'"],
                     "validation: 0.2, test_files: [test.tsv]")

    def test_text_that_is_not_utf8(self):
        self.write("t.tsv", "".join(row + "\n" for row in self.rows()).encode() + b"odd\t\xe9\n")
        self.write("x.yaml", CLASSIFIER.replace("FILE", "t.tsv").replace("OPTIONS", "label: '1'"))
        self.refused(4, "x.yaml", says=["t.tsv", "not UTF-8"])


class Pairs(BadExamples):
    ALIGNED = "aligned: {text: t.de, target: t.en}, validation: 0.2"

    def lines(self):
        return [[f"{word} {i}" for i in range(40)] for word in ("zahl", "number")]

    def aligned(self, lines):
        for name, side in zip(("t.de", "t.en"), lines):
            self.write(name, "".join(line + "\n" for line in side))

    def test_an_empty_line(self):
        lines = self.lines()
        lines[0][4] = lines[1][7] = ""
        self.aligned(lines)
        self.refusal_or_skip(TRANSLATOR, self.ALIGNED, ["t.de:5: nothing to read"], skipped=2)

    def misaligned(self, lines, says, never=()):
        self.aligned(lines)
        for options in (self.ALIGNED, self.ALIGNED + ", on_error: skip"):
            self.write("x.yaml", TRANSLATOR.replace("OPTIONS", options))
            done = self.refused(4, "x.yaml", says=says)
            for part in never:
                self.assertNotIn(part, done.stderr)

    def test_files_that_are_not_aligned(self):
        """Skipping would not help: nobody knows which lines belong together."""
        lines = self.lines()
        del lines[1][30:]
        self.misaligned(lines, ["t.de:31: ", "t.en has only 30 lines and this file 40",
                                "not aligned"], never=["they may part"])

    def test_files_that_part_where_one_has_an_empty_line(self):
        lines = self.lines()
        lines[1].insert(12, "")
        self.misaligned(lines, ["t.en:41: ", "t.de has only 40 lines and this file 41",
                                "they may part at t.en:13, which is empty in this file alone"])

    def test_a_column_that_is_not_there(self):
        rows = [f"zahl {i}\tnumber {i}" for i in range(40)]
        rows[5] = "zahl 5"
        self.write("t.tsv", "\n".join(rows) + "\n")
        self.refusal_or_skip(TRANSLATOR, "files: [t.tsv], validation: 0.2",
                             ["t.tsv:6: 1 columns, but column 2 is wanted"])

    def test_an_empty_answer(self):
        rows = [f"zahl {i}\tnumber {i}" for i in range(40)]
        rows[8] = "zahl 8\t"
        self.write("t.tsv", "\n".join(rows) + "\n")
        self.refusal_or_skip(TRANSLATOR, "files: [t.tsv], validation: 0.2",
                             ["t.tsv:9: no answer"])


if __name__ == "__main__":
    unittest.main()
