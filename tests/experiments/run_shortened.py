"""Runs one experiment of experiments/ for a few steps: run_shortened.py NAME."""
import json
import math
import pathlib
import sys
import unittest

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "endtoend"))
import harness  # noqa: E402

SHORT = ("training.max_steps=2", "training.early_stopping.patience=0", "evaluation.texts=3",
         "evaluation.examples=2", "generate.length=12", "threads=1")


class Shortened(harness.EndToEnd):
    name = ""

    def test_runs(self):
        path = harness.ROOT / f"experiments/{self.name}.yaml"
        settings = [word for setting in SHORT for word in ("--set", setting)]
        done = self.run_it(path, *settings, "--json", "--quiet", "--output", "run.h5",
                           environment={"UNROLL_DATA": str(harness.DATA)})
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
    missing = [name for name in sorted(harness.data_sets(harness.ROOT / f"experiments/{Shortened.name}.yaml"))
               if not (harness.DATA / name).exists()]
    if missing:
        print(f"skipped: no data; tools/get-data {' '.join(missing)}")
        sys.exit(77)
    unittest.main()
