"""Words as tokens: from the experiment to the text that the model writes."""
import json
import unittest

import h5py

import harness

WORDS = {"tokenizer: char": "tokenizer: {word: {minimum_count: 2, newlines: paragraph}}",
         'prompt: "the "': 'prompt: "\\"Oh!\\" said the "'}


class Words(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        text = harness.story().replace(" asked a riddle.", ' asked, "Why not (he--she)?"')
        self.write("story.txt", text + "Once only.\n\nNever again: zyzzyva!\n\n" + text[:6000])

    def test_writes_text_as_people_do(self):
        self.experiment(**WORDS)
        done = self.run_it("small.yaml")
        self.assertRegex(done.stderr, r"vocabulary \d+ of \d+ different tokens "
                                      r"\(\d+\.\d % of the text; \d+\.\d % of validation unknown\)")
        self.assertIn("perplexity", done.stdout)
        text = self.run_it("sample", "runs/small.h5", "--prompt", "Alice ", "--length", "60",
                           "--sampler", "temperature:temperature=0.5").stdout
        self.assertTrue(text.startswith("Alice "), text)
        for wrong in ("  ", " .", " ,", " ?", "( ", " )", "<unk>", "Alice  "):
            self.assertNotIn(wrong, text)
        lacks = self.run_it("sample", "runs/small.h5", "--prompt", "Alice met zyzzyva", "--sampler",
                            "greedy").stderr
        self.assertIn("the vocabulary lacks 'met', 'zyzzyva' of the prompt", lacks)

    def test_pieces_of_text_are_the_text(self):
        self.experiment(**WORDS)
        self.run_it("small.yaml", "--quiet")
        words = ("sample", "runs/small.h5", "--sampler", "temperature", "--length", "150")
        streamed = self.run_it(*words).stdout
        whole = json.loads(self.run_it(*words, "--json").stdout)[0]
        self.assertEqual(streamed, whole["prompt"] + whole["text"] + "\n")

    def test_the_run_file_says_what_the_vocabulary_lacks(self):
        self.experiment(**WORDS)
        self.run_it("small.yaml", "--quiet")
        plan = json.loads(self.run_it("small.yaml", "--dry-run", "--json").stdout)["coverage"]
        with h5py.File(self.folder / "runs/small.h5") as run:
            kept = {name: value[()] for name, value in run["vocabulary/statistics"].items()}
            tokens = run["vocabulary/tokens"].asstr()[:]
        self.assertEqual(plan, kept)
        self.assertEqual(kept["size"], len(tokens) - 1, "all but <unk>")
        self.assertEqual(tokens[-1], "<unk>")
        self.assertGreater(kept["types"], kept["size"])
        self.assertTrue(0.9 < kept["coverage"] < 1)
        self.assertIn("\n\n", tokens)

    def test_an_n_gram_of_words(self):
        self.experiment(**WORDS, **{"{many_to_many: {cell: lstm, hidden: 24}}":
                                    "{markov: {order: 2}}"})
        done = self.run_it("small.yaml", "--quiet")
        self.assertIn("perplexity", done.stdout)

    def test_bad_options(self):
        for old, new in (("minimum_count: 2", "minimum_count: 0"),
                         ("newlines: paragraph", "newlines: paragraf"),
                         ("newlines: paragraph", "split: space")):
            with self.subTest(new):
                words = {**WORDS, "tokenizer: char": WORDS["tokenizer: char"].replace(old, new)}
                self.experiment(**words)
                self.refused(2, "small.yaml", says="small.yaml:4:")


if __name__ == "__main__":
    unittest.main()
