"""Runs one experiment of experiments/ for a few steps: run_shortened.py NAME."""
import json
import math
import pathlib
import sys
import unittest

import h5py
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "endtoend"))
import harness  # noqa: E402

SHORT = ("training.max_steps=2", "training.early_stopping.patience=0", "evaluation.texts=3",
         "evaluation.examples=2", "generate.length=12", "threads=1")


class Shortened(harness.EndToEnd):
    name = ""

    def shortened(self, name, output):
        path = harness.ROOT / f"experiments/{name}.yaml"
        begins = yaml.safe_load(path.read_text(encoding="utf-8")).get("initialize_from")
        if begins:  # with the run of another experiment, which is named as its file
            run = begins["run"] if isinstance(begins, dict) else begins
            self.shortened(pathlib.Path(run).stem, run)
        settings = [word for setting in SHORT for word in ("--set", setting)]
        return self.run_it(path, *settings, "--json", "--quiet", "--output", output,
                           environment={"UNROLL_DATA": str(harness.DATA)})

    def test_runs(self):
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
    missing = [name for name in sorted(harness.data_sets(harness.ROOT / f"experiments/{Shortened.name}.yaml"))
               if not (harness.DATA / name).exists()]
    if missing:
        print(f"skipped: no data; tools/get-data {' '.join(missing)}")
        sys.exit(77)
    unittest.main()
