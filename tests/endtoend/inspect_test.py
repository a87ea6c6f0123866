"""runexp inspect, and what the microscope leaves in a run file, with the real program."""
import json
import math
import unittest

import h5py
import numpy

import harness


class Inspect(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.experiment()
        self.run_it("small.yaml", "--quiet")

    def test_the_held_out_text_of_the_run(self):
        done = self.run_it("inspect", "runs/small.h5")
        with h5py.File(self.folder / "runs/small.h5") as run:
            text = "".join(run["reading/tokens"].asstr())
            mean = numpy.mean(run["reading/surprise"], dtype=float)
            steps = run["histograms/step"][:]
            self.assertEqual(run["histograms/weights/output/W/counts"].shape, (len(steps), 40))
            self.assertEqual(run["recurrence/step"][0], 1)
            self.assertEqual(run["reading/step"][()], run["best"].attrs["step"])
        self.assertTrue(done.stdout.startswith(text[:200]), done.stdout[:300])
        self.assertIn(f"800 tokens, {mean:.4f} nats/token", done.stdout)
        self.assertIn("most surprising", done.stdout)
        self.assertNotIn("\x1b", done.stdout, "no colours in a file")

    def test_a_text_of_ones_own(self):
        text = "Alice sat at the table.\nQqq\x07\n"
        self.write("mine.txt", text)
        shown = self.run_it("inspect", "runs/small.h5", "--text", "mine.txt", "--worst", 3).stdout
        self.assertTrue(shown.startswith("lice sat at the table.\nQqq\\x07\n"), shown)
        self.assertIn("3 that the vocabulary lacks", shown)
        self.assertIn('"q" (unknown) after ', shown)
        found = json.loads(self.run_it("inspect", "runs/small.h5", "--prompt", text, "--json",
                                       "--alternatives", 3).stdout)
        self.assertEqual(len(found["tokens"]), len(text) - 1)
        self.assertTrue(all(len(row) == 3 for row in found["alternatives"]))
        self.assertTrue(all(sum(row) <= 1 + 1e-5 for row in found["probabilities"]))
        self.assertEqual(sorted(path.split("/")[-1] for path in found["gates"]), ["f", "g", "i", "o"])
        measured = json.loads(self.run_it("evaluate", "runs/small.h5", "--data", "mine.txt", "--json").stdout)
        self.assertAlmostEqual(sum(found["surprise"]) / len(found["surprise"]), measured["loss"], places=4)
        self.assertEqual("".join(found["tokens"]), text[1:])
        lacking = [i for i, unknown in enumerate(found["unknown"]) if unknown]
        self.assertEqual([found["tokens"][i] for i in lacking], ["q", "q", "\x07"])
        for i in lacking:
            self.assertGreater(found["surprise"][i], math.log(20), "a character never seen")

    def test_refusals(self):
        self.refused(2, "inspect", "runs/small.h5", "--prompt", "a", "--text", "b", says="excludes")
        self.refused(4, "inspect", "runs/small.h5", "--text", "none.txt", says="none.txt")
        self.refused(4, "inspect", "runs/small.h5", "--prompt", "A", says="two tokens or more")
        self.write("binary", b"\xff\xfe")
        self.refused(4, "inspect", "runs/small.h5", "--text", "binary", says="is not UTF-8 (byte 0)")
        self.refused(4, "inspect", "small.yaml", says="is not")
        self.run_it("small.yaml", "--quiet", "--output", "plain.h5", "--set", "evaluation.reading=0",
                    "--set", "evaluation.histograms=false", "--set", "evaluation.recurrence=false",
                    "--set", "training.max_steps=2")
        self.refused(4, "inspect", "plain.h5", says="holds no reading of a held-out text")
        with h5py.File(self.folder / "plain.h5") as run:
            self.assertEqual([name for name in ("histograms", "recurrence", "reading") if name in run], [])


if __name__ == "__main__":
    unittest.main()
