"""tools/bench-peers with the real programs, for a moment each.

UNROLL_PEERS_PYTHON names a Python that has torch; without it this is skipped.
"""
import json
import os
import subprocess
import sys
import unittest

import harness

PYTHON = os.environ.get("UNROLL_PEERS_PYTHON", "")


class BenchPeers(harness.EndToEnd):
    def test_every_kind_of_row(self):
        text = self.write("story.txt", harness.story(2000))
        done = subprocess.run([harness.ROOT / "tools/bench-peers", text, "--only", "lesson-rnn,mgu,job", "--runs", "1",
                               "--seconds", "0.05", "--threads", "1", "--runexp", harness.RUNEXP, "--python", PYTHON,
                               "--json", self.folder / "all.json"],
                              cwd=self.folder, capture_output=True, encoding="utf-8", timeout=600 * harness.PATIENCE,
                              env=self.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = json.loads((self.folder / "all.json").read_text())["rows"]
        self.assertEqual(list(rows), ["lesson-rnn", "mgu", "job"])
        ours, theirs = rows["lesson-rnn"][0]["ours"], rows["lesson-rnn"][0]["theirs"]
        # Of the characters, one of ours stands for those that are not known.
        self.assertIn(ours["vocabulary"] - theirs["vocabulary"], (0, 1))
        self.assertEqual(ours["train_tokens_per_step"], theirs["window"] * theirs["batch"])
        self.assertGreater(theirs["train_tokens_per_s"]["f32"]["eager"], 0)
        self.assertGreater(theirs["sample_us_per_token"]["traced step"], 0)
        self.assertGreater(theirs["peak_memory_bytes"], 1e7)
        self.assertEqual([name for name in theirs["failed"] if "compiled" not in name], [])
        self.assertGreater(rows["mgu"][0]["theirs"]["train_tokens_per_s"]["f32"]["eager"], 0)
        (job,) = rows["job"]
        self.assertEqual(job["ours"]["steps"], job["theirs"]["updates"])
        self.assertEqual(job["theirs"]["characters"], 500)
        for part in ("Training, f32", "Sampling, one text", "plain steps", "wall clock"):
            self.assertIn(part, done.stdout)


if __name__ == "__main__":
    if not PYTHON:
        print("skipped: UNROLL_PEERS_PYTHON names no Python with torch")
        sys.exit(77)
    unittest.main()
