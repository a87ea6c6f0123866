"""Features out of HDF5 and NPY files of people's own: tasks, and what is wrong with such files."""
import json
import unittest

import h5py
import harness
import numpy

ROWS = 240
KINDS = ("red", "green", "blue")

EXPERIMENT = """\
experiment: small
seed: 1
threads: 1
data: {dataset: features, features: "x.h5:/x", DATA}
model: {MODEL}
training: {epochs: 12, batch: 16, optimizer: {adam: {learning_rate: 0.01}}}
generate: {length: 30}
"""


class Features(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(1)
        self.kind = random.integers(0, 3, ROWS)
        self.x = (random.normal(size=(ROWS, 5)) + 3 * numpy.eye(3, 5)[self.kind]).astype("<f4")
        self.put(self.x)
        self.write("kinds.txt", "".join(f"a {KINDS[k]} thing\n" for k in self.kind))
        self.write("kinds.csv", "kind,number\n" +
                   "".join(f"{KINDS[k]},{i}\n" for i, k in enumerate(self.kind)))
        numpy.save(self.folder / "kinds.npy", self.kind.astype("<i2"))

    def put(self, x, **more):
        with h5py.File(self.folder / "x.h5", "w") as file:
            for name, values in {"x": x, **more}.items():
                file[name] = values

    def prepare(self, data, model):
        return self.write("small.yaml", EXPERIMENT.replace("DATA", data).replace("MODEL", model))

    def figure(self, name, data, model):
        self.prepare(data, model)
        done = self.run_it("small.yaml", "--quiet", "--force", "--json")
        return json.loads(done.stdout)["validation"][name]

    def test_classes_from_each_source(self):
        for data in ("labels: kinds.npy, class_names: [red, green, blue]",
                     "table: kinds.csv, header: true, label: kind"):
            with self.subTest(data):
                self.assertGreater(self.figure("accuracy", data, "one_to_one: {width: 16}"), 0.9)

    def test_texts_from_vectors(self):
        data = "lines: kinds.txt"
        exact = self.figure("exact_match", data,
                            "one_to_many: {cell: gru, hidden: 24, embedding: 8, width: 16}")
        self.assertGreater(exact, 0.8)

    def test_values_from_sequences(self):
        random = numpy.random.default_rng(2)
        x = random.normal(size=(ROWS, 6, 2)).astype("<f4")
        self.put(x, y=x[:, :, 0].mean(axis=1))
        rmse = self.figure("rmse", 'values: "x.h5:/y"', "many_to_one: {cell: gru, hidden: 24}")
        self.assertLess(rmse, 0.3)  # always saying 0 has 0.41

    def test_bytes_of_pictures_become_shares(self):
        x = numpy.zeros((ROWS, 1, 2, 2), "u1")
        x[:, 0, 0, 0] = 255 * (self.kind == 1)
        self.put(x, y=(self.kind == 1).astype("<f8"))
        rmse = self.figure("rmse", 'values: "x.h5:/y"', "one_to_one: {width: 16}")
        self.assertLess(rmse, 0.2)

    def refusal(self, data, says, code=4):
        self.prepare(data, "one_to_one: {width: 4}")
        self.refused(code, "small.yaml", says=says)

    def test_counts_that_differ(self):
        self.write("kinds.txt", "one\ntwo\n")
        self.refusal("lines: kinds.txt", ["kinds.txt:2: 2 lines", f"{ROWS} items",
                                            "the first without is x.h5:/x row 3"])
        self.write("kinds.txt", "one\n" * (ROWS + 5))
        self.refusal("lines: kinds.txt", [f"kinds.txt:{ROWS + 1}: {ROWS + 5} lines",
                                          f"the last is x.h5:/x row {ROWS}"])
        numpy.save(self.folder / "kinds.npy", self.kind[:-1])
        self.refusal("labels: kinds.npy", ["kinds.npy", f"{ROWS - 1} classes for {ROWS} items",
                                              f"the first without is x.h5:/x row {ROWS}"])

    def test_numbers_that_are_none(self):
        self.x[6, 2] = numpy.nan
        self.x[9, 0] = numpy.inf
        self.put(self.x)
        self.refusal("labels: kinds.npy", ["x.h5:/x row 7: feature 3 is nan", "on_error: skip"])
        self.prepare("labels: kinds.npy, on_error: skip", "one_to_one: {width: 4}")
        done = self.run_it("small.yaml")
        self.assertIn("skipped 2 examples, the first: x.h5:/x row 7", done.stderr)

    def test_wrong_types(self):
        numpy.save(self.folder / "kinds.npy", self.kind.astype("<f4"))
        self.refusal("labels: kinds.npy", ["kinds.npy", "whole numbers", "floating"])
        numpy.save(self.folder / "kinds.npy", numpy.array([None] * ROWS), allow_pickle=True)
        self.refusal("labels: kinds.npy", ["kinds.npy", "Python objects"])
        self.put([b"a", b"b"])
        self.refusal("labels: kinds.npy", ["x.h5:/x", "texts, not numbers"])
        self.put(self.x[:, 0])
        self.refusal("labels: kinds.npy", [f"shape [{ROWS}]", "[N, F]"])

    def test_places(self):
        self.put(self.x, other=self.x)
        self.prepare("labels: kinds.npy", "one_to_one: {width: 4}")
        self.refused(4, "small.yaml", "--set", "data.features=x.h5:/othr",
                     says=["no dataset '/othr' (there: other, x)", "did you mean 'other'?"])
        self.refused(4, "small.yaml", "--set", "data.features=x.h5", says="FILE.h5:/path")
        self.refused(4, "small.yaml", "--set", "data.features=y.npy", says=["y.npy", "no such file"])
        self.refused(4, "small.yaml", "--set", "data.features=kinds.txt", says="NPY (FILE.npy)")

    def test_options_that_do_not_go_together(self):
        self.refusal("limit: 0", "needs something that belongs to each row", code=2)
        self.refusal("label: kind", "name the table", code=2)
        self.refusal("labels: kinds.npy, table: kinds.csv, header: true, label: kind", "not both",
                     code=2)
        self.refusal("labels: kinds.npy, class_names: [red]", ["class", "1 class_names"])


if __name__ == "__main__":
    unittest.main()
