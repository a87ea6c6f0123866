"""`runexp sample` of models that answer: classes, numbers, tags, texts; and lines that end themselves."""
import json
import unittest

import harness
import numpy

KINDS = {"animal": ("cat", "dog", "horse"), "plant": ("oak", "rose", "moss")}


class Answers(harness.EndToEnd):
    def train(self, data, model, more=""):
        self.write("small.yaml", f"experiment: small\nseed: 1\nthreads: 1\ndata: {data}\nmodel: {model}\n"
                   "training: {epochs: 8, batch: 8, optimizer: {adam: {learning_rate: 0.02}}}\n" + more)
        self.run_it("small.yaml", "--quiet", "--force")

    def sample(self, *words, **options):
        return self.run_it("sample", "runs/small.h5", *words, **options)

    def refusal(self, says, *words, code=2):
        self.refused(code, "sample", "runs/small.h5", *words, says=says)

    def classes(self):
        self.write("kinds.tsv", "".join(f"{kind}\tthe {word} {i}\n" for i in range(20)
                                        for kind, words in KINDS.items() for word in words))
        self.train("{dataset: labelled_text, files: [kinds.tsv]}",
                   "{many_to_one: {cell: gru, hidden: 16, embedding: 8}}")

    def test_the_class_of_a_text(self):
        self.classes()
        lines = self.sample("--prompt", "the rose 3").stdout.splitlines()
        self.assertRegex(lines[0], r"^  plant  \d+\.\d %$")
        self.assertRegex(lines[1], r"^  animal  \d+\.\d %$")
        found = json.loads(self.sample("--prompt", "the dog 3", "--json").stdout)[0]
        self.assertEqual((found["given"], found["class"]), ("the dog 3", "animal"))
        self.assertAlmostEqual(sum(found["probabilities"].values()), 1, places=5)

    def test_the_classes_of_a_file_and_of_lines_typed(self):
        self.classes()
        self.write("new.tsv", "?\tthe moss 2\n?\tthe cat 7\n")
        lines = self.sample("--data", "new.tsv").stdout.splitlines()
        self.assertRegex(lines[0], r"^the moss 2\tplant  \d+\.\d %$")
        self.assertRegex(lines[1], r"^the cat 7\tanimal  \d+\.\d %$")
        self.assertEqual(len(self.sample("--data", "new.tsv", "--row", "2").stdout.splitlines()), 2)
        self.refusal("--row 3: new.tsv has 2 rows", "--data", "new.tsv", "--row", "3")
        done = self.sample("--interactive", input="the oak 1\n:what\n:quit\n")
        self.assertIn("plant", done.stdout)
        self.assertIn("Type a line to be answered", done.stderr)
        self.run_it("evaluate", "runs/small.h5", "--data", "kinds.tsv")

    def test_samplers_of_a_model_that_writes_nothing(self):
        """The run ended with an error at its first samples."""
        self.classes()
        done = self.run_it("small.yaml", "--force", "--set", "generate.samplers=[greedy]", "--set",
                           "training.epochs=1")
        self.assertIn("generate.samplers choose tokens, and this model writes none: not used", done.stderr)

    def test_what_a_classifier_cannot_do(self):
        self.classes()
        self.refusal(["says the class of a text", "--prompt TEXT"])
        self.refusal(["chooses no tokens", "leave --sampler out"], "--prompt", "x", "--sampler", "greedy")
        self.refusal("--row is of a file", "--prompt", "x", "--row", "1")

    def test_datasets_that_are_made_read_no_files(self):
        self.train("{reverse: {train: 100, validation: 10}}", "{seq2seq: {cell: gru, hidden: 4, embedding: 4}}")
        self.write("new.tsv", "ab\tba\n")
        self.refusal("new.tsv: this dataset reads no files but its own", "--data", "new.tsv")
        self.refused(2, "evaluate", "runs/small.h5", "--data", "new.tsv", says="reads no files but its own")

    def test_tags(self):
        self.write("tags.tsv", "".join(f"the {word} {verb}\tD N V\n" for word in KINDS["animal"]
                                       for verb in ("eats", "runs", "sits")) * 6)
        self.train("{dataset: parallel_text, files: [tags.tsv]}",
                   "{many_to_many: {predict: tags, cell: gru, hidden: 16, embedding: 8}}", "tokenizer: word\n")
        self.assertEqual(self.sample("--prompt", "the dog runs").stdout, "the/D dog/N runs/V\n")
        found = json.loads(self.sample("--prompt", "the cat", "--json").stdout)[0]
        self.assertEqual(found["tags"], [["the", "D"], ["cat", "N"]])

    def test_another_text(self):
        self.write("pairs.tsv", "a b\tb\nc a\ta\nb c\tc\nc b\tb\n" * 30)
        self.train("{dataset: parallel_text, files: [pairs.tsv]}",
                   "{seq2seq: {cell: gru, hidden: 24, embedding: 8}}")
        self.assertEqual(self.sample("--prompt", "c a").stdout, "a\n")  # by the evaluation's own sampler
        self.write("new.tsv", "a b\nb c\n")
        self.assertEqual(self.sample("--data", "new.tsv").stdout, "a b\tb\nb c\tc\n")

    def features(self, data, model):
        random = numpy.random.default_rng(1)
        self.kind = random.integers(0, 2, 120)
        self.x = (random.normal(size=(120, 4)) / 4 + 2 * self.kind[:, None]).astype("<f4")
        numpy.save(self.folder / "x.npy", self.x)
        numpy.save(self.folder / "kind.npy", self.kind)
        numpy.save(self.folder / "y.npy", (100 + 50 * self.kind).astype("<f4"))
        self.write("texts.txt", "".join(f"a {'big' if k else 'small'} one\n" for k in self.kind))
        self.train("{dataset: features, features: x.npy, " + data + "}", model)
        numpy.save(self.folder / "new.npy", self.x[:3])

    def test_classes_of_features(self):
        self.features("labels: kind.npy", "{one_to_one: {width: 8}}")
        lines = self.sample("--data", "new.npy").stdout.splitlines()
        for i, line in enumerate(lines):
            self.assertRegex(line, rf"^new.npy row {i + 1}\t{self.kind[i]}  \d+\.\d %$")
        self.refusal(["says the class of features", "--data FILE", "a prompt says nothing"], "--prompt", "x")
        numpy.save(self.folder / "wide.npy", numpy.zeros((2, 5), "<f4"))
        self.refusal(["wide.npy", "features are [5], those of the training [4]"], "--data", "wide.npy", code=4)

    def test_values_and_texts_of_features(self):
        self.features("values: y.npy, value_names: [weight], scaled: true", "{one_to_one: {width: 8}}")
        found = json.loads(self.sample("--data", "new.npy", "--row", "1", "--json").stdout)[0]
        self.assertAlmostEqual(found["values"]["weight"], 100 + 50 * self.kind[0], delta=10)
        self.features("lines: texts.txt", "{one_to_many: {cell: gru, hidden: 16, embedding: 8, width: 8}}")
        self.assertEqual(self.sample("--data", "new.npy", "--row", "1").stdout,
                         f"a {'big' if self.kind[0] else 'small'} one\n")

    def test_lines_end_themselves(self):
        self.write("names.txt", "".join(f"{a}{b}\n" for a in ("Anna", "Otto", "Emil") for b in ("", "a", " II")) * 9)
        self.train("{dataset: text, files: [names.txt], unit: line}",
                   "{many_to_many: {cell: gru, hidden: 24, embedding: 8}}")
        done = json.loads(self.sample("--prompt", "Ot", "--sampler", "greedy", "--json").stdout)[0]
        self.assertRegex(done["prompt"] + done["text"], "^Otto(a| II)?$")
        done = json.loads(self.sample("--num-samples", "9", "--sampler", "temperature", "--json").stdout)
        self.assertGreater(len({one["text"] for one in done}), 2)
        self.assertTrue(all(one["tokens"] < 30 for one in done))
        self.refusal("goes on from a prompt", "--data", "names.txt")
        self.write("new.txt", "Anna\nEmil II\n")
        done = json.loads(self.run_it("evaluate", "runs/small.h5", "--data", "new.txt", "--json").stdout)
        self.assertEqual(done["tokens"], 4 + 7 + 2)  # each line with its end


if __name__ == "__main__":
    unittest.main()
