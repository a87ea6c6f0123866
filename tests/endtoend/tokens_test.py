"""Bytes and pieces of words as tokens: trained, and read back from the run file alone."""
import json
import unittest

import h5py

import harness

TOKENIZERS = {"byte": "byte", "bpe": "{bpe: {size: 300}}"}


class Tokens(harness.EndToEnd):
    def trained(self, tokenizer):
        self.write("story.txt", harness.story(300).replace("again", "aga\u00efn"))
        self.write("small.yaml", harness.EXPERIMENT.replace("tokenizer: char", f"tokenizer: {tokenizer}"))
        done = self.run_it("small.yaml", "--json", "--quiet", "--output", "run.h5")
        (self.folder / "story.txt").unlink()
        (self.folder / "small.yaml").unlink()
        return json.loads(done.stdout)

    def test_a_run_file_is_enough_to_write(self):
        for name, tokenizer in TOKENIZERS.items():
            with self.subTest(name):
                found = self.trained(tokenizer)
                self.assertTrue(0 < found["validation"]["bits_per_character"] < 8)
                done = self.run_it("sample", "run.h5", "--prompt", "\u00fcber \u65e5\u672c ", "--length", 80,
                                   "--sampler", "temperature:temperature=8", "--json")
                text = json.loads(done.stdout)[0]["text"]
                self.assertGreater(len(text), 20)
                self.assertNotIn("lacks", done.stderr, "nothing is unknown")
                again = self.run_it("sample", "run.h5", "--prompt", "\u00fcber \u65e5\u672c ", "--length", 80,
                                    "--sampler", "temperature:temperature=8", "--json")
                self.assertEqual(json.loads(again.stdout)[0]["text"], text)
                with h5py.File(self.folder / "run.h5") as run:
                    tokens = [token.decode() for token in run["vocabulary/tokens"]]
                    self.assertEqual(len(tokens), {"byte": 257, "bpe": 301}[name])
                    self.assertIn("<0xC3>", tokens)
                    for text in run["samples/text"]:
                        text.decode()  # UTF-8
                (self.folder / "run.h5").unlink()

    def test_bits_are_counted_by_the_character(self):
        """A byte model's nats a token times its tokens are its bits a character times the characters."""
        found = self.trained("byte")["validation"]
        bits = found["loss"] / 0.6931471805599453
        self.assertLess(bits, found["bits_per_character"], "\u00ef is one character and two tokens")
        self.assertLess(found["bits_per_character"], 1.1 * bits)


class Transformer(harness.EndToEnd):
    def test_resumes_to_the_very_bits(self):
        self.write("story.txt", harness.story(200))
        self.write("small.yaml", harness.EXPERIMENT.replace(
            "{many_to_many: {cell: lstm, hidden: 24}}",
            "{transformer: {hidden: 12, heads: 2, context: 30, dropout: 0.2}}"))
        done = self.run_it("verify-resume", "small.yaml")
        self.assertIn("resumes to the very bits", done.stdout)


if __name__ == "__main__":
    unittest.main()
