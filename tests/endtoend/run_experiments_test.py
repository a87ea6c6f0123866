"""tools/run-experiments writes what a run reached into the page, a row at once, and no other row."""
import os
import shutil
import subprocess
import unittest

import harness

HEAD = "| [{0}](../experiments/{0}.yaml) |"


class RunExperiments(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        for name in ("run-experiments", "experiment_files.py"):
            (self.folder / "tools").mkdir(exist_ok=True)
            shutil.copy(harness.ROOT / "tools" / name, self.folder / "tools" / name)
        (self.folder / "docs").mkdir()
        self.write("story.txt", harness.story(200))
        self.write("experiments/easy.yaml", harness.EXPERIMENT.replace("epochs: 2", "epochs: 1") +
                   "description: a story\nexpect: [validation/loss < 100]\n")
        self.write("experiments/hard.yaml", "include: easy.yaml\nexperiment: hard\n"
                                            "expect: [validation/loss < 0.01]\n")
        self.write("experiments/later.yaml", "include: easy.yaml\nexperiment: later\n")

    def run_tool(self, *words, code=0):
        done = subprocess.run(["/usr/bin/python3", "tools/run-experiments", *words], cwd=self.folder,
                              env=self.environment(RUNEXP=str(harness.RUNEXP),
                                                   PATH=os.environ["PATH"]),
                              capture_output=True, encoding="utf-8", check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def cells(self, name):
        for line in (self.folder / "docs/experiments.md").read_text(encoding="utf-8").splitlines():
            if line.startswith(HEAD.format(name)):
                return [cell.strip() for cell in line.strip("|").split("|")][1:]
        return self.fail(f"no row of {name}")

    def test_table_runs_nothing(self):
        self.run_tool("--table")
        for name in ("easy", "hard", "later"):
            self.assertEqual(self.cells(name)[2:], ["", ""])
        self.assertFalse((self.folder / "runs").exists())

    def test_rows_are_of_runs_and_the_others_stay(self):
        self.run_tool("--table")
        self.run_tool("easy", "--threads", "1")
        description, expected, reached, minutes = self.cells("easy")
        self.assertEqual((description, expected), ("a story", "validation/loss < 100"))
        self.assertRegex(reached, r"^validation/loss \d\.\d+$")
        self.assertRegex(minutes, r"^\d+\.\d$")
        self.run_tool("hard", code=6)
        self.assertRegex(self.cells("hard")[2], r"^validation/loss \d\.\d+ \(missed\)$")
        self.assertEqual(self.cells("easy")[2:], [reached, minutes])
        self.assertEqual(self.cells("later")[2:], ["", ""])

    def test_what_fails_keeps_the_rows_of_before(self):
        self.write("experiments/broken.yaml", "include: easy.yaml\nexperiment: broken\n"
                                              "data: {text: {files: [none.txt]}}\n")
        self.assertIn("broken: failed with 4", self.run_tool("broken", "easy", code=1))
        self.assertEqual(len(self.cells("easy")[3]), 3, "the next one was run")
        self.assertEqual(self.cells("easy")[1], "validation/loss < 100")


if __name__ == "__main__":
    unittest.main()
