#!/usr/bin/env python3
"""runexp list, rename, tag and note on real runs."""
import json
import subprocess
import time
import unittest

from harness import EXPERIMENT, EndToEnd

SHORT = EXPERIMENT.replace("epochs: 2", "max_steps: 20, evaluate_every: 10")


class Labels(EndToEnd):
    def train(self, output, *more):
        if not (self.folder / "small.yaml").exists():
            self.experiment(SHORT)
        self.run_it("small.yaml", "--output", output, "--quiet", "--threads", 1, *more)

    def listed(self, *words):
        return json.loads(self.run_it("list", "runs", "--json", *words).stdout)

    def test_names_tags_and_notes(self):
        self.train("runs/a.h5")
        self.train("runs/b.h5", "--seed", 2)
        weights = self.run_it("evaluate", "runs/a.h5", "--json").stdout
        self.run_it("rename", "runs/a.h5", "the first, naïve")
        self.run_it("tag", "runs/a.h5", "paper", "baseline")
        self.run_it("note", "runs/a.h5", "see\nseed 2")
        one = next(row for row in self.listed() if row["file"] == "runs/a.h5")
        self.assertEqual((one["name"], one["tags"], one["note"], one["experiment"]),
                         ("the first, naïve", ["baseline", "paper"], "see\nseed 2", "small"))
        self.assertEqual(self.run_it("evaluate", "runs/a.h5", "--json").stdout,
                         weights)
        self.assertEqual([row["file"] for row in self.listed("--where", "tag=baseline")],
                         ["runs/a.h5"])
        shown = self.run_it("compare", "runs", "--where", "tag=paper").stdout
        self.assertIn("the first, naïve", shown)
        self.assertIn("baseline, paper", self.run_it("list", "runs").stdout)
        self.run_it("tag", "runs/a.h5", "paper", "--remove")
        self.refused(2, "tag", "runs/a.h5", "basline", "--remove",
                     says="there is no tag 'basline' (tags: baseline); did you mean 'baseline'?")
        self.run_it("tag", "runs/a.h5", "baseline", "--remove")
        self.run_it("note", "runs/a.h5", "")
        self.refused(2, "tag", "runs/a.h5", "two words", says="a tag has no spaces")
        self.refused(2, "rename", "runs/a.h5", "", says="a name may not be empty")
        self.refused(4, "tag", "runs/c.h5", "x", says="runs/c.h5")
        self.assertEqual(sorted(p.name for p in (self.folder / "runs").iterdir()),
                         ["a.h5", "b.h5"])

    def test_the_file_is_renamed(self):
        self.train("runs/a.h5")
        self.train("runs/b.h5")
        self.run_it("rename", "runs/a.h5", "c", "--file")
        self.assertEqual(sorted(p.name for p in (self.folder / "runs").iterdir()), ["b.h5", "c.h5"])
        self.assertEqual([row["name"] for row in self.listed() if row["file"] == "runs/c.h5"], ["c"])
        self.refused(2, "rename", "runs/c.h5", "b", "--file", says="runs/b.h5: exists already")
        self.run_it("rename", "runs/c.h5", "c", "--file")
        self.refused(2, "rename", "runs/c.h5", "../b", "--file", says="is no name for a file")

    def test_a_run_that_is_running(self):
        self.experiment(EXPERIMENT.replace("epochs: 2", "epochs: 100000, evaluate_every: 10"))
        self.train("runs/done.h5", "--set", "training.epochs=1")
        process = subprocess.Popen(
            self.command("small.yaml", "--output", "runs/a.h5", "--quiet", "--threads", "1"),
            cwd=self.folder, env=self.environment(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            for _ in range(600):
                if (self.folder / "runs/a.h5.journal").exists():
                    break
                time.sleep(0.1)
            self.refused(4, "tag", "runs/a.h5", "x", says=f"process {process.pid} on ")
            newest, oldest = self.listed()
            self.assertEqual((newest["file"], newest["status"]), ("runs/a.h5", "running"))
            self.assertGreater(newest["steps_done"], 0)
            self.assertTrue(0 < newest["progress"] < 1)
            self.assertRegex(self.run_it("list", "runs").stdout, r"running \d+ %")
            self.assertEqual(oldest["status"], "completed")
        finally:
            process.kill()
            process.wait()
        killed = self.listed()[0]
        self.assertEqual(killed["status"], "killed")
        # Its journal's rows are in the file afterwards, and it still resumes.
        self.run_it("tag", "runs/a.h5", "odd")
        self.assertFalse((self.folder / "runs/a.h5.journal").exists())
        after = self.listed()[0]
        self.assertEqual((after["steps_done"], after["status"], after["tags"]),
                         (killed["steps_done"], "killed", ["odd"]))

    def test_sweeps_are_one_line(self):
        for name in ("runs/s/1.h5", "runs/s/2.h5", "runs/other/3.h5"):
            self.train(name)
        self.write("runs/s/sweep.jsonl", "{}\n")
        lines = self.run_it("list", "runs").stdout.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertTrue(any("2 completed" in line and line.endswith("runs/s/") for line in lines))
        self.assertEqual(len(self.run_it("list", "runs", "--all").stdout.splitlines()), 4)
        self.assertEqual(len(self.run_it("list", "runs/s").stdout.splitlines()), 3)
        self.assertEqual(len(self.listed()), 3)


if __name__ == "__main__":
    unittest.main()
