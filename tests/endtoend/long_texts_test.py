"""Texts longer than the memory, and the cache of their ids: the same bits in every way."""
import json
import resource
import unittest

import h5py

import harness
import run_bits

ENCODED = {"UNROLL_CACHE_LEAST": "0.001"}  # MB: of the story, too
MEGABYTE = 1 << 20

LONG = """\
experiment: small
seed: 1
data: {text: {files: [long.txt], validation: 0.0005}}
tokenizer: char
model: {many_to_many: {cell: mgu, hidden: 8}}
training: {epochs: 1, max_steps: 3, batch: 4, window: 20, optimizer: {sgd: {learning_rate: 0.1}}}
"""


class LongTexts(harness.EndToEnd):
    def train(self, output, *words, environment=None):
        done = self.run_it("small.yaml", "--quiet", "--threads", "2", "--output", output, *words,
                           environment={**ENCODED, **(environment or {})})
        return done.stderr

    def assert_same_bits(self, one, other):
        differing = run_bits.differences(self.folder / one, self.folder / other)
        self.assertEqual([name for name in differing if name != "config/resolved"], [])  # --output

    def entries(self):
        return sorted((self.folder / ".cache/encoded").glob("*"))

    def test_the_cache_changes_no_bit(self):
        self.experiment()
        self.write("story.txt", "\ufeffÄpfel “so”\n" + harness.story())
        short = ("--set", "training.max_steps=8", "--set", "evaluation.reading=60")
        for number, settings in enumerate((
                (), ("--set", "tokenizer=word", "--set", "training.scheme=windows"),
                ("--set", "tokenizer={bpe: {size: 300}}"),
                ("--set", "tokenizer={word: {minimum_count: 2}}", "--set", "data.text.parts=3"))):
            with self.subTest(settings):
                before = len(self.entries())
                self.train(f"plain{number}.h5", *short, *settings, "--no-cache")
                self.assertEqual(len(self.entries()), before, "with --no-cache nothing is kept")
                for output in f"first{number}.h5", f"second{number}.h5":
                    self.assertEqual(self.train(output, *short, *settings), "")
                    self.assert_same_bits(f"plain{number}.h5", output)
                    self.assertEqual(len(self.entries()), before + 3, "a vocabulary and two splits")

    def test_a_damaged_entry_is_made_again(self):
        self.experiment()
        self.train("first.h5")
        for entry in self.entries():
            content = bytearray(entry.read_bytes())
            content[-20] ^= 1
            entry.write_bytes(content)
        told = self.train("second.h5")
        self.assertEqual(told.count("is damaged; the text is encoded anew"), 3, told)
        self.assertEqual(self.train("third.h5"), "")
        for output in "second.h5", "third.h5":
            self.assert_same_bits("first.h5", output)

    def test_another_text_or_resuming_is_not_confused(self):
        self.experiment()
        self.train("first.h5", "--set", "training.epochs=1")
        self.write("story.txt", harness.story().replace("Alice", "Becky"))
        self.train("other.h5", "--set", "training.epochs=1")
        self.assertEqual(len(self.entries()), 6)
        self.assertIn("state/data/fingerprint", run_bits.differences(
            self.folder / "first.h5", self.folder / "other.h5"))
        self.run_it("resume", "other.h5", "--epochs", "1", "--quiet", environment=ENCODED)
        self.refused(4, "resume", "first.h5", "--epochs", "1", "--quiet",
                     says="the data is not what the run was begun with", environment=ENCODED)

    def test_what_is_wrong_in_a_long_text_is_said_as_of_a_short_one(self):
        self.experiment(LONG)
        text = (harness.story() * 1200)[:40 * MEGABYTE].encode()
        at = 21 * MEGABYTE + 7
        self.write("long.txt", text[:at] + b"\xff" + text[at:])
        self.refused(4, "small.yaml", says=f"long.txt: is not UTF-8 at byte offset {at} (0xFF)")
        self.write("long.txt", text[:at] + b"\0" + text[at:])
        self.refused(4, "small.yaml", says=f"long.txt: is binary, not text (NUL at byte offset {at})")

    @unittest.skipIf(harness.cached("UNROLL_SANITIZE"), "sanitizers need memory of their own")
    def test_a_text_needs_no_memory(self):
        size = 64 * MEGABYTE
        self.experiment(LONG)
        once = harness.story(20000)
        self.write("long.txt", (once * (size // len(once) + 1))[:size])

        def within(megabytes):  # what is mapped from files is not counted
            return lambda: resource.setrlimit(resource.RLIMIT_DATA, (megabytes * MEGABYTE,) * 2)

        for scheme in "auto", "windows":
            for tokenizer in "char", "word":
                settings = ("--set", f"training.scheme={scheme}", "--set", f"tokenizer={tokenizer}",
                            "--set", f"training.stride={20 if scheme == 'windows' else 1}")
                with self.subTest(settings):
                    output = f"{scheme}-{tokenizer}.h5"
                    self.run_it("small.yaml", "--quiet", "--threads", "1", "--output", output, *settings,
                                preexec_fn=within(100))
        self.run_it("small.yaml", "--quiet", "--threads", "1", "--output", "plain.h5", "--no-cache",
                    "--set", "training.scheme=auto", "--set", "tokenizer=char", "--set",
                    "training.stride=1")
        self.assert_same_bits("plain.h5", "auto-char.h5")
        found = json.loads(self.run_it("evaluate", "auto-char.h5", "--json", preexec_fn=within(60)).stdout)
        with h5py.File(self.folder / "auto-char.h5") as run:
            self.assertAlmostEqual(found["loss"], run["metrics/validation/loss"][-1], places=5)


if __name__ == "__main__":
    unittest.main()
