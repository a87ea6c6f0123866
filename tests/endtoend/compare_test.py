#!/usr/bin/env python3
"""runexp compare on real runs: two cells, three seeds, tables in every form, filters, groups, gates."""
import csv
import io
import json
import shutil
import unittest

from harness import EXPERIMENT, EndToEnd

SHORT = EXPERIMENT.replace("epochs: 2", "max_steps: 20, evaluate_every: 10")


class Compare(EndToEnd):
    def setUp(self):
        super().setUp()
        self.experiment(SHORT)
        for cell in ("lstm", "gru"):
            for seed in (1, 2, 3):
                self.train(f"runs/{cell}{seed}.h5", cell, seed)

    def train(self, output, cell, seed, *more):
        self.run_it("small.yaml", "--set", f"model.many_to_many.cell={cell}", "--seed", seed,
                    "--output", output, "--quiet", "--threads", 1, *more)

    def compare(self, *words, **options):
        return self.run_it("compare", *words, **options).stdout

    def test_a_table_of_what_differs(self):
        lines = self.compare("runs").splitlines()
        self.assertEqual(lines[0].split("  ")[0], "run")
        self.assertIn("cell", lines[0])
        self.assertNotIn("hidden", lines[0])
        self.assertEqual([line.split()[0] for line in lines[1:]],
                         ["gru1", "gru2", "gru3", "lstm1", "lstm2", "lstm3"])
        rows = list(csv.DictReader(io.StringIO(self.compare("runs/*.h5", "--format", "csv"))))
        self.assertEqual([row["seed"] for row in rows], ["1", "2", "3"] * 2)
        found = json.loads(self.compare("runs", "--json"))
        self.assertEqual(found["differing"], ["seed", "model.many_to_many.cell"])
        listed = json.loads(self.run_it("list", "--json").stdout)
        best = {one["file"]: one["validation_loss"] for one in listed}
        for run, row in zip(found["runs"], rows):
            self.assertEqual(run["validation.loss"], float(row["validation.loss"]))
            self.assertEqual(run["validation.loss.best"], best[run["file"]])
        self.assertTrue(self.compare("runs", "--format", "markdown").startswith("| run | seed |"))
        self.assertIn("\\toprule", self.compare("runs", "--format", "latex"))

    def test_filters_order_and_columns(self):
        rows = self.compare("runs", "--where", "cell=gru and seed>=2", "--sort", "seed",
                            "--descending", "--columns", "run,seed,training.batch").splitlines()
        self.assertEqual([row.split() for row in rows],
                         [["run", "seed", "batch"], ["gru3", "3", "8"], ["gru2", "2", "8"]])
        self.refused(2, "compare", "runs", "--where", "training.bach=64",
                     says="no run has a setting or figure 'training.bach'; did you mean "
                          "'training.batch'?")
        self.refused(2, "compare", "runs", "--where", "seed=", says="expected a value")
        self.refused(2, "compare", "runs", "--where", "seed=7", says="no run is left")

    def test_groups_of_replicas(self):
        found = json.loads(self.compare("runs", "--group-by", "cell", "--json"))
        self.assertEqual(found["grouped_by"], ["model.many_to_many.cell"])
        self.assertEqual([group["name"] for group in found["groups"]], ["gru", "lstm"])
        self.assertEqual([group["seeds"] for group in found["groups"]], [[1, 2, 3]] * 2)
        runs = json.loads(self.compare("runs", "--json"))["runs"]
        losses = [run["validation.loss"] for run in runs]
        self.assertAlmostEqual(found["groups"][0]["figures"]["validation.loss"]["mean"],
                               sum(losses[:3]) / 3, places=12)
        contrast = found["contrasts"][0]
        self.assertTrue(contrast["paired"])
        self.assertAlmostEqual(contrast["difference"], (sum(losses[:3]) - sum(losses[3:])) / 3)
        self.assertIn("gru against lstm", self.compare("runs", "--group-by", "cell"))

    def test_what_may_not_be_averaged(self):
        self.train("runs/wide.h5", "gru", 4, "--set", "model.many_to_many.hidden=16")
        self.refused(2, "compare", "runs", "--group-by", "cell",
                     says=["runs/gru1.h5 and runs/wide.h5 are no replicas",
                           "model.many_to_many.hidden is 24 and 16"])
        shutil.move(self.folder / "runs/wide.h5", self.folder / "wide.h5")
        shutil.copy(self.folder / "runs/gru1.h5", self.folder / "runs/twice.h5")
        self.refused(2, "compare", "runs", "--group-by", "cell", says="are the same run with seed 1")

    def test_two_runs(self):
        self.train("runs/other.h5", "gru", 1, "--set", "training.batch=4")
        shown = self.compare("--diff", "runs/gru1.h5", "runs/other.h5")
        for line in ("setting      training.batch  8         4",):
            self.assertIn(line.split(), [row.split() for row in shown.splitlines()])
        found = json.loads(self.compare("--diff", "runs/gru1.h5", "runs/gru2.h5", "--json"))
        self.assertEqual([(one["kind"], one["a"], one["b"]) for one in found["differences"]
                          if one["kind"] != "bookkeeping"], [("seed", "1", "2")])
        names = [one["parameter"] for one in found["weights"]]
        self.assertIn("recurrence/layer0/forward/U", names)
        for one in found["weights"]:
            self.assertLess(abs(one["cosine"]), 1)
            self.assertGreater(one["relative"], 0)
        self.refused(2, "compare", "--diff", "runs", says="--diff takes two run files, not 1")

    def test_why_two_runs_parted(self):
        self.train("runs/again.h5", "gru", 1)
        self.assertIn("are the same to the bit",
                      self.compare("--why", "runs/gru1.h5", "runs/again.h5"))
        seeds = self.compare("--why", "runs/gru1.h5", "runs/gru2.h5")
        self.assertEqual(seeds.splitlines()[1].split(), ["seed", "seed", "1", "2"])
        self.assertIn("They differ from the first figures on", seeds)

    def test_gates(self):
        self.compare("runs", "--fail-if", "validation.loss > 100")
        done = self.run_it("compare", "runs", "--fail-if", "validation.loss.mean > 0.1 and n=3",
                           "--fail-if", "seed > 2", code=6)
        for said in ("gate: gru: validation.loss.mean > 0.1 and n=3 (validation.loss.mean = ",
                     "gate: lstm: ", "gate: runs/gru3.h5: seed > 2 (seed = 3)"):
            self.assertIn(said, done.stderr)
        self.assertNotIn("runs/gru2.h5", done.stderr)
        self.run_it("compare", "runs", "--group-by", "cell", "--fail-if",
                    "validation.loss.best.max > 0", code=6)
        # What cannot be told is a failure: a gate must not pass because nothing was measured.
        self.train("runs/short.h5", "gru", 9, "--set", "training.max_steps=2",
                   "--set", "data.text.validation=0")
        done = self.run_it("compare", "runs", "--fail-if", "validation.loss > 100", code=6)
        self.assertIn("gate: runs/short.h5: validation.loss > 100 (validation.loss is missing",
                      done.stderr)

    def test_curves(self):
        shown = self.compare("runs", "--plot", "--where", "seed=1")
        self.assertIn("validation loss\n", shown)
        self.assertIn("  a cell gru\n  b cell lstm\n", shown)
        shown = self.compare("runs", "--plot=train.loss", "--group-by", "cell")
        self.assertIn("  a gru (mean of 3)\n", shown)
        self.refused(2, "compare", "runs", "--plot=seed", says="'seed' has no curve")
        self.refused(2, "compare", "runs", "--plot", "--json", says="--plot draws for people")

    def test_damaged_files_are_named(self):
        damaged = self.folder / "runs/gru2.h5"
        content = bytearray(damaged.read_bytes())
        content[3000] ^= 1
        damaged.write_bytes(content)
        done = self.run_it("compare", "runs", code=4)
        self.assertIn("runs/gru2.h5: is damaged", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 6)
        self.refused(4, "compare", "nowhere", says="nowhere: there is no such file or folder")


if __name__ == "__main__":
    unittest.main()
