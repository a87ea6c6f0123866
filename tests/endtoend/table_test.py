"""Rows of a table: regression and classes, scaling that the run keeps, and what is wrong with tables."""
import json
import unittest

import h5py
import harness
import numpy

ROWS = 300
KINDS = ("plain", "good", "best")

EXPERIMENT = """\
experiment: small
seed: 1
threads: 1
data: {dataset: table, files: [t.csv], header: true, features: [size, depth], words: [kind], PREDICT}
model: {one_to_one: {encoder: {mlp: {hidden: [16]}}, width: 16}}
training: {epochs: 15, batch: 16, optimizer: {adam: {learning_rate: 0.01}}}
"""


class Table(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(3)
        self.size = random.uniform(1000, 3000, ROWS)
        self.depth = random.normal(0.5, 0.001, ROWS)
        self.kind = random.integers(0, 3, ROWS)
        self.price = 20 * self.size * (1 + self.kind) + 1e6 * (self.depth - 0.5)
        self.rows = [f"{s:.6g},{d:.6g},{KINDS[k]},{p:.8g},{'dear' if p > 70000 else 'cheap'}"
                     for s, d, k, p in zip(self.size, self.depth, self.kind, self.price)]
        self.put()

    def put(self, name="t.csv", rows=None, head="size,depth,kind,price,class"):
        self.write(name, "\n".join([head, *(self.rows if rows is None else rows)]) + "\n")

    def prepare(self, predict="values: [price]"):
        return self.write("small.yaml", EXPERIMENT.replace("PREDICT", predict))

    def test_values_in_their_own_units(self):
        self.prepare()
        done = json.loads(self.run_it("small.yaml", "--quiet", "--json").stdout)["validation"]
        self.assertLess(done["rmse"], 0.12 * self.price.std())
        self.assertGreater(done["r_squared"], 0.98)

    def test_classes(self):
        self.prepare("label: class")
        done = json.loads(self.run_it("small.yaml", "--quiet", "--json").stdout)["validation"]
        self.assertGreater(done["accuracy"], 0.85)

    def test_the_run_keeps_the_scaling(self):
        """New rows are scaled by what the training split taught, whatever their own mean is."""
        self.prepare()
        self.run_it("small.yaml", "--quiet")
        with h5py.File(self.folder / "runs/small.h5") as run:
            names = list(run["vocabulary/feature_names"].asstr())
            mean = dict(zip(names, run["vocabulary/features_mean"]))
            deviation = dict(zip(names, run["vocabulary/features_deviation"]))
            value = run["vocabulary/values_mean"][0]
        self.assertEqual(names, ["size", "depth", "kind=best", "kind=good", "kind=plain"])
        self.assertAlmostEqual(mean["size"] / self.size.mean(), 1, delta=0.05)
        self.assertAlmostEqual(deviation["depth"] / 0.001, 1, delta=0.2)
        self.assertEqual((mean["kind=best"], deviation["kind=best"]), (0, 1))
        self.assertAlmostEqual(value / self.price.mean(), 1, delta=0.1)
        self.put("new.csv", [self.rows[0]] * 3)
        done = json.loads(self.run_it("evaluate", "runs/small.h5", "--data", "new.csv", "--json").stdout)
        self.assertEqual(done["examples"], 3)
        self.assertLess(done["rmse"], 0.3 * self.price.std())

    def test_not_scaled(self):
        self.prepare("values: [price], scaled: false")
        self.run_it("small.yaml", "--quiet", "--set", "training.epochs=0")
        with h5py.File(self.folder / "runs/small.h5") as run:
            self.assertNotIn("features_mean", run["vocabulary"])

    def refusal(self, says, predict="values: [price]", code=4):
        self.prepare(predict)
        self.refused(code, "small.yaml", says=says)

    def test_cells_that_are_no_numbers(self):
        self.rows[4] = self.rows[4].replace(",", ",much,", 1)
        self.put()
        self.refusal(["t.csv:6: column 'depth' is 'much', not a number", "on_error: skip"])
        self.rows[4] = ",0.5,good,1,cheap"
        self.put()
        self.refusal("t.csv:6: column 'size' is empty")
        self.rows[5] = "nan,0.5,good,1,cheap"
        self.put()
        self.prepare("values: [price], on_error: skip")
        self.assertIn("skipped 2 examples, the first: t.csv:6", self.run_it("small.yaml").stderr)

    def test_words_that_training_lacks(self):
        self.rows[-1] = "1,1,odd,5,cheap"
        self.put()
        self.prepare("values: [price], split: in_order, validation: 0.1")
        self.assertIn("1 held-out cells hold words that the training split lacks, the first: t.csv:301: 'odd'",
                      self.run_it("small.yaml").stderr)

    def test_columns(self):
        self.refusal(["no column 'prize'", "did you mean 'price'?"], "values: [prize]")
        self.refusal("needs a label or values, one of them", "values: []", code=2)
        self.refusal("needs a label or values, one of them", "values: [price], label: class", code=2)
        self.write("bare.csv", "\n".join(self.rows) + "\n")
        self.prepare()
        columns = "data.columns=[size, depth, kind, price, class]"
        self.run_it("small.yaml", "--quiet", "--set", "data.files=[bare.csv]", "--set", "data.header=false",
                    "--set", columns, "--set", "training.epochs=1")
        self.refused(2, "small.yaml", "--set", "data.header=false", "--set", columns, "--set",
                     "data.values=[prise]", says=["no column 'prise' among columns", "did you mean 'price'?"])


if __name__ == "__main__":
    unittest.main()
