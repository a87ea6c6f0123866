"""A run that begins with the weights of another: by name, by token, under other names, frozen."""
import json
import unittest

import h5py
import harness
import numpy

KINDS = {"animal": ("cat", "dog", "horse"), "plant": ("oak", "rose", "moss"), "thing": ("cup", "pen", "jar")}

LANGUAGE_MODEL = """\
experiment: lm
seed: 1
threads: 1
data: {dataset: text, files: [lines.txt], unit: line}
model: {many_to_many: {cell: gru, hidden: 12, embedding: 6}}
training: {epochs: 1, batch: 16, optimizer: {adam: {learning_rate: 0.01}}}
generate: {length: 30, samplers: [greedy]}
"""
CLASSIFIER = """\
experiment: kinds
seed: 2
threads: 1
data: {dataset: labelled_text, files: [kinds.tsv]}
model: {many_to_one: {cell: gru, hidden: 12, embedding: 6}}
initialize_from: runs/lm.h5
training: {epochs: 0, batch: 16}
"""


class Transfer(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.write("lines.txt", "".join(f"the {word} is {i % 7} years old\n" for i in range(60)
                                        for words in KINDS.values() for word in words))
        self.write("kinds.tsv", "".join(f"{kind}\tzzz {word} {i}!\n" for i in range(20)
                                        for kind, words in KINDS.items() for word in words))
        self.write("lm.yaml", LANGUAGE_MODEL)
        self.write("kinds.yaml", CLASSIFIER)
        self.run_it("lm.yaml", "--quiet")

    def weights(self, name):
        found = {}
        with h5py.File(self.folder / f"runs/{name}.h5") as run:
            run["weights"].visititems(lambda path, item: found.update({path: item[()]})
                                      if isinstance(item, h5py.Dataset) else None)
            tokens = list(run["vocabulary/tokens"].asstr())
            table = {key: run[f"environment/initialize_from/{key}"][()]
                     for key in run.get("environment/initialize_from", {})}
        return found, tokens, table

    def test_rows_go_by_token_and_the_rest_by_name(self):
        told = self.run_it("kinds.yaml").stderr
        old, old_tokens, _ = self.weights("lm")
        new, tokens, table = self.weights("kinds")
        self.assertNotEqual(tokens, old_tokens)
        known = [token for token in tokens if token in old_tokens]
        self.assertIn(f"embedding/E {len(known)} of {len(tokens)} known by name", told)
        self.assertRegex(told, r"5 of 7 parameters from runs/lm.h5 \(step \d+\).*; fresh: output/W, output/b")
        self.assertGreater(len(known), 10)
        self.assertIn("z", set(tokens) - set(known))
        for row, token in enumerate(tokens):
            same = token in known and numpy.array_equal(new["embedding/E"][row],
                                                        old["embedding/E"][old_tokens.index(token)])
            self.assertEqual(same, token in known, token)
        for name in ("recurrence/layer0/forward/W", "recurrence/layer0/forward/bn"):
            self.assertTrue(numpy.array_equal(new[name], old[name]), name)
        listed = dict(zip((name.decode() for name in table["parameter"]), table["taken"]))
        self.assertEqual(listed, {name: 0 if name.startswith("output/") else 1 for name in new})

    def test_fresh_rows_are_those_of_a_run_without_transfer(self):
        self.run_it("kinds.yaml", "--quiet")
        self.run_it("kinds.yaml", "--quiet", "--set", "initialize_from={}", "-o", "runs/alone.h5")
        new, tokens, _ = self.weights("kinds")
        alone, _, table = self.weights("alone")
        self.assertEqual(table, {})
        self.assertTrue(numpy.array_equal(new["embedding/E"][tokens.index("z")],
                                          alone["embedding/E"][tokens.index("z")]))
        self.assertTrue(numpy.array_equal(new["output/W"], alone["output/W"]))

    def test_one_hot_input_goes_by_token_too(self):
        bare = [("--set", "model.many_to_many.embedding=0"), ("--set", "model.many_to_one.embedding=0")]
        self.run_it("lm.yaml", "--quiet", "--force", *bare[0])
        self.run_it("kinds.yaml", "--quiet", *bare[1])
        old, old_tokens, _ = self.weights("lm")
        new, tokens, _ = self.weights("kinds")
        self.assertTrue(numpy.array_equal(new["recurrence/layer0/forward/W"][tokens.index("o")],
                                          old["recurrence/layer0/forward/W"][old_tokens.index("o")]))

    def test_a_dry_run_lists_what_fits_and_what_does_not_and_why(self):
        wider = ("--set", "model.many_to_one.hidden=20")
        said = self.run_it("kinds.yaml", "--dry-run", *wider).stdout
        self.assertRegex(said, r"#   taken  embedding/E \[\d+, \d+\]: \d+ of \d+ known by name\n")
        self.assertRegex(said, r"#   fresh  recurrence/layer0/forward/U \[20, \d+\]: \[\d+, \d+\] there\n")
        self.assertRegex(said, r"#   left   recurrence/layer0/forward/U \[\d+, \d+\] of the run\n")
        found = json.loads(self.run_it("kinds.yaml", "--dry-run", "--json", *wider).stdout)
        rows = {row["parameter"]: row for row in found["initialize_from"]["parameters"]}
        self.assertTrue(rows["embedding/E"]["taken"])
        self.assertRegex(rows["recurrence/layer0/forward/U"]["note"], r"\[.*\] there")

    def test_a_class_spelt_like_a_token_is_none(self):
        self.write("kinds.tsv", "".join(f"{kind}\tthe {word}\n" for kind, words in zip("aeo", KINDS.values())
                                        for word in words) * 20)
        self.assertRegex(self.run_it("kinds.yaml").stderr, r"5 of 7 parameters .*; fresh: output/W, output/b")

    def test_other_names_and_a_lent_vocabulary(self):
        self.write("pairs.tsv", "".join(f"{word}\t{kind}\n" for kind, words in KINDS.items()
                                        for word in words) * 20)
        self.write("answers.yaml", """\
            experiment: answers
            threads: 1
            data: {dataset: parallel_text, files: [pairs.tsv]}
            model: {seq2seq: {cell: gru, hidden: 12, embedding: 6}}
            initialize_from:
              run: runs/lm.h5
              vocabulary: true
              weights: {"encoder/*": "*", "decoder/embedding/E": "embedding/E"}
            training: {epochs: 0}
            """)
        self.run_it("answers.yaml", "--quiet")
        old, old_tokens, _ = self.weights("lm")
        new, tokens, table = self.weights("answers")
        self.assertEqual(tokens, old_tokens)
        for name in ("embedding/E", "recurrence/layer0/forward/U"):
            self.assertTrue(numpy.array_equal(new[f"encoder/{name}"], old[name]), name)
        with h5py.File(self.folder / "runs/answers.h5") as run:
            target = list(run["vocabulary/target/tokens"].asstr())
        self.assertTrue(numpy.array_equal(new["decoder/embedding/E"][target.index("a")],
                                          old["embedding/E"][old_tokens.index("a")]))
        notes = dict(zip(table["parameter"], table["note"]))
        self.assertEqual(notes[b"decoder/output/W"], b"not asked for")

    def test_frozen_parameters_stay(self):
        self.run_it("kinds.yaml", "--quiet")
        before, _, _ = self.weights("kinds")
        freeze = ("--set", "freeze=[embedding/E, 'recurrence/*']", "--set", "training.epochs=2", "--set",
                  "training.optimizer={adamw: {weight_decay: 0.1}}")
        told = self.run_it("kinds.yaml", "-o", "runs/frozen.h5", *freeze).stderr
        self.assertRegex(told, r"\d+ of the parameters are frozen")
        after, _, _ = self.weights("frozen")
        for name in before:
            self.assertEqual(numpy.array_equal(before[name], after[name]), not name.startswith("output/"), name)

    def test_a_resumed_run_needs_the_source_no_more(self):
        self.run_it("kinds.yaml", "--quiet", "--set", "training.epochs=1")
        (self.folder / "runs/lm.h5").unlink()
        self.run_it("resume", "runs/kinds.h5", "--quiet", "--set", "training.epochs=2")
        _, _, table = self.weights("kinds")
        self.assertIn("parameter", table)

    def test_mistakes(self):
        def refused(says, *settings, code=2):
            words = [word for setting in settings for word in ("--set", setting)]
            self.refused(code, "kinds.yaml", *words, says=says)
        refused(["nothing of it fits this model", "recurrence/layer0/forward/W [5, 27] ([6, 36] there)",
                 "there: embedding/E"], "model.many_to_one.hidden=9", "model.many_to_one.embedding=5")
        refused(["'recurence/*' is no parameter of this model"],
                "initialize_from={run: runs/lm.h5, weights: {'recurence/*': '*'}}")
        refused(["'encoder/E' is no parameter of runs/lm.h5", "embedding/E"],
                "initialize_from={run: runs/lm.h5, weights: {embedding/E: encoder/E}}")
        refused(["output/W [12, ", "there does not fit output/W [12, 3]"],
                "initialize_from={run: runs/lm.h5, weights: {output/W: output/W}}")
        refused(["freeze: 'embeding/E' is no parameter", "did you mean 'embedding/E'?"], "freeze=[embeding/E]")
        refused("nothing is left to learn", "freeze=['*']")
        refused("more than one *", "initialize_from={run: runs/lm.h5, weights: {'*/*': '*/*'}}")
        refused("needs the run's file", "initialize_from={vocabulary: true}")
        refused(["runs/none.h5"], "initialize_from=runs/none.h5", code=4)

    def test_a_stream_has_no_ends_to_lend(self):
        self.run_it("lm.yaml", "--quiet", "--force", "--set", "data.unit=stream")
        self.refused(2, "kinds.yaml", "--set", "initialize_from={run: runs/lm.h5, vocabulary: true}",
                     says=["one long stream", "unit: line"])


if __name__ == "__main__":
    unittest.main()
