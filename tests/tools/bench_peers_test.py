#!/usr/bin/python3
"""tools/bench-peers: what it asks of both programs and makes of their answers, with stand-ins for both."""

import copy
import json
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Each writes down how it was called, and answers from the folder it lies in.
OURS = """\
#!/usr/bin/python3
import json, pathlib, sys
here, words = pathlib.Path(__file__).parent, sys.argv[1:]
print(json.dumps(words), file=open(here / "calls", "a"))
answers = json.loads((here / "ours.json").read_text())
bf16 = "training.precision=bf16" in words
print(json.dumps(answers[words[0] + (" bf16" if bf16 else "")]))
"""
THEIRS = """\
#!/usr/bin/python3
import json, pathlib, sys
here, words = pathlib.Path(__file__).parent, sys.argv[1:]
print(json.dumps([pathlib.Path(words[0]).name, *words[1:]]), file=open(here / "calls", "a"))
answer = json.loads((here / "theirs.json").read_text())[pathlib.Path(words[0]).name]
if isinstance(answer, str):
    sys.exit(answer)
print(json.dumps(answer))
"""
SCHEMA = {"properties": {"training": {"properties": {"epochs": {}}}}}
BENCH = {"train_tokens_per_s": 3000, "sample_us_per_token": 2.0, "peak_memory_bytes": 50e6, "product_utilisation": 0.85,
         "processor": "A Processor"}
MODEL = {"peer": "torch 9", "failed": {"f32, compiled": "TimeoutError: not done in 120 s"}, "peak_memory_bytes": 500e6,
         "train_tokens_per_s": {"f32": {"eager": 1000, "eager without oneDNN": 600, "eager, memory kept": 1500},
                                "bf16": {"eager": 1200, "eager, memory kept": 800}},
         "sample_us_per_token": {"module": 90.0, "module without oneDNN": 40.0, "traced step": 20.0,
                                 "compiled step": 50.0}}
CELL = {"peer": "torch 9", "failed": {}, "train_tokens_per_s": {"f32": {"eager": 500, "compiled step": 600}}}
JOB = {"peer": "torch 9", "updates": 78}


class BenchPeers(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        for name, code in (("runexp", OURS), ("python", THEIRS)):
            (self.folder / name).write_text(code)
            (self.folder / name).chmod(0o755)
        (self.folder / "text.txt").write_text("the cat sat on the mat\n")
        self.ours = copy.deepcopy({"schema": SCHEMA, "bench": BENCH, "run": {"steps": 78}})
        self.theirs = {"torch_char_lm.py": MODEL, "torch_step_cell.py": CELL, "torch_job.py": JOB}

    def run_it(self, *words, code=0):
        for name, answers in (("ours", self.ours), ("theirs", self.theirs)):
            (self.folder / f"{name}.json").write_text(json.dumps(answers))
        (self.folder / "calls").write_text("")
        done = subprocess.run([ROOT / "tools/bench-peers", self.folder / "text.txt", "--runexp", self.folder / "runexp",
                               "--python", self.folder / "python", "--threads", "1", *words],
                              capture_output=True, encoding="utf-8", timeout=100)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done

    def calls(self, name):
        """The words of every call of a subcommand or script."""
        calls = [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]
        return [words for words in calls if words[0] == name]

    def line(self, told, begin):
        """The cells of the rows that begin so."""
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in told.splitlines()
                if line.startswith(f"| {begin} |")]

    def test_ratios(self):
        told = self.run_it("--only", "2x128-gru", "--runs", "1").stdout
        training, sampling, memory = self.line(told, "2x128-gru")
        self.assertEqual(training[1:], ["3,000", "1,000 (eager)", "3.00", "1,500 (eager, memory kept)", "2.00", "85 %"])
        self.assertEqual(sampling[1:], ["2.00", "40.00 (module without oneDNN)", "20.00", "20.00 (traced step)", "10.00"])
        self.assertEqual(memory[1:], ["50", "500", "10.00"])
        for part in ("torch 9", "A Processor", "1 threads", "medians of 1"):
            self.assertIn(part, told)

    def test_both_do_the_same_work(self):
        self.run_it("--only", "2x128-gru", "--runs", "1")
        (ours,), (theirs,) = self.calls("bench"), self.calls("torch_char_lm.py")
        for setting in ("model.many_to_many.cell=gru", "model.many_to_many.layers=2", "model.many_to_many.hidden=128",
                        "training.window=50", "training.batch=50", "training.scheme=streams", "training.clip_norm=5",
                        "data.validation=0", "threads=1", "training.optimizer={adam: {learning_rate: 0.01}}"):
            self.assertIn(setting, ours)
        told = dict(zip(theirs[2::2], theirs[3::2]))
        self.assertEqual({key: told[f"--{key}"] for key in ("cell", "layers", "hidden", "window", "batch", "threads", "rate")},
                         {"cell": "gru", "layers": "2", "hidden": "128", "window": "50", "batch": "50", "threads": "1",
                          "rate": "0.01"})

    def test_ways_far_behind_are_tried_once(self):
        done = self.run_it("--only", "lesson-rnn", "--runs", "3")
        first, second, third = self.calls("torch_char_lm.py")
        self.assertNotIn("--f32-ways", first)
        self.assertEqual(second, third)
        told = dict(zip(second[2::2], second[3::2]))
        self.assertEqual(told["--f32-ways"].split(";"), ["eager", "eager, memory kept"])
        self.assertEqual(told["--sample-ways"].split(";"), ["module without oneDNN", "traced step"])
        self.assertIn("compiled: TimeoutError: not done in 120 s", done.stderr)
        self.assertIn("lesson-rnn, run 3 of 3", done.stderr)

    def test_bfloat16_where_runexp_knows_it(self):
        self.assertNotIn("bf16", self.run_it("--only", "2x512-lstm", "--runs", "1").stdout)
        self.assertEqual(self.calls("torch_char_lm.py")[0][-2:], ["--bf16-ways", ""])
        self.ours["schema"]["properties"]["training"]["properties"]["precision"] = {}
        self.ours["bench bf16"] = {**BENCH, "train_tokens_per_s": 6000}
        told = self.run_it("--only", "2x512-lstm", "--runs", "1").stdout
        self.assertEqual(self.line(told, "2x512-lstm")[1][1:6], ["6,000", "1,200 (eager)", "5.00",
                                                                 "800 (eager, memory kept)", "7.50"])

    def test_job_and_plain_steps(self):
        told = self.run_it("--only", "job,mgu", "--runs", "2", "--json", self.folder / "all.json").stdout
        self.assertEqual(self.line(told, "mgu, lesson"), [["mgu, lesson", "3,000", "500 (eager)", "6.00",
                                                           "600 (compiled step)", "5.00"]])
        self.assertEqual(len(self.line(told, "wall clock, s")), 1)
        rows = json.loads((self.folder / "all.json").read_text())["rows"]
        self.assertEqual({row: len(turns) for row, turns in rows.items()}, {"job": 2, "mgu": 2})
        for turn in rows["job"]:
            for who in ("ours", "theirs"):
                self.assertGreater(turn[who]["wall_s"], 0)
                self.assertGreater(turn[who]["peak_memory_bytes"], 1e6)
        text = [word for word in self.calls("run")[0] if word.startswith("data.files=")]
        self.assertIn("job.txt", text[0])

    def test_refusals(self):
        for words, says in ((["--only", "2x256"], "unknown row '2x256' (known: lesson-lstm"),
                            (["--runs", "0"], "more than 0"),
                            (["--runexp", "nowhere"], "there is no file nowhere")):
            self.assertIn(says, self.run_it(*words, code=2).stderr)
        self.theirs["torch_job.py"] = {"peer": "torch 9", "updates": 77}
        self.assertIn("78 updates here, 77 in PyTorch", self.run_it("--only", "job", "--runs", "1", code=1).stderr)
        self.theirs["torch_job.py"] = "no module named torch"
        self.assertIn("no module named torch", self.run_it("--only", "job", "--runs", "1", code=1).stderr)


if __name__ == "__main__":
    unittest.main()
