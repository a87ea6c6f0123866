"""Runs one experiment of experiments/ for a few steps: run_shortened.py NAME."""
import json
import math
import pathlib
import sys
import unittest

import h5py

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/endtoend"), str(ROOT / "tools")]
import experiment_files  # noqa: E402
import harness  # noqa: E402

SHORT = ("training.max_steps=2", "training.early_stopping.patience=0", "evaluation.texts=3",
         "evaluation.examples=2", "generate.length=12", "threads=1")


class Shortened(harness.EndToEnd):
    name = ""

    def shortened(self, name, output):
        path = harness.ROOT / f"experiments/{name}.yaml"
        experiment = experiment_files.load(path)
        if source := experiment_files.source(experiment):
            self.shortened(source, experiment_files.begins_with(experiment))
        settings = [word for setting in SHORT for word in ("--set", setting)]
        return self.run_it(path, *settings, "--json", "--quiet", "--output", output,
                           environment={"UNROLL_DATA": str(harness.DATA)})

    def test_sweep_runs(self):
        if not experiment_files.is_sweep(experiment_files.load(
                harness.ROOT / f"experiments/{self.name}.yaml")):
            self.skipTest("a single run")
        settings = [word for setting in SHORT if not setting.startswith("threads")
                    for word in ("--set", setting)]
        done = self.run_it("sweep", harness.ROOT / f"experiments/{self.name}.yaml", *settings,
                           "--threads", 1, "--jobs", 2, "--json", "--quiet", "--output", "points",
                           environment={"UNROLL_DATA": str(harness.DATA)})
        result = json.loads(done.stdout)
        self.assertEqual(result["experiment"], self.name, "an experiment is named as its file")
        self.assertEqual({point["status"] for point in result["points"]}, {"completed"})
        for point in result["points"]:
            self.assertTrue(math.isfinite(point["validation_loss"]))

    def test_runs(self):
        if experiment_files.is_sweep(experiment_files.load(
                harness.ROOT / f"experiments/{self.name}.yaml")):
            self.skipTest("a sweep")
        done = self.shortened(self.name, "run.h5")
        result = json.loads(done.stdout)
        self.assertEqual(result["experiment"], self.name, "an experiment is named as its file")
        self.assertEqual(result["status"], "completed")
        self.assertTrue(math.isfinite(result["validation"]["loss"]))
        for each in result.get("expectations", []):
            self.assertIsNotNone(each["reached"], each["expected"])
        with h5py.File(self.folder / "run.h5") as run:
            self.assertGreater(run["samples/text"].shape[0], 0, "nothing for a person to look at")


if __name__ == "__main__":
    Shortened.name = sys.argv.pop(1)
    experiment = experiment_files.load(ROOT / f"experiments/{Shortened.name}.yaml")
    missing = [name for name in sorted(experiment_files.data_sets(experiment))
               if not (harness.DATA / name).exists()]
    if missing:
        print(f"skipped: no data; tools/get-data {' '.join(missing)}")
        sys.exit(77)
    unittest.main()
