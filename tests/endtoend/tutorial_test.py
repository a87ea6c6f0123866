"""docs/first-cell.md, done to the letter: its files are written as they stand there, its commands run
one after another in an empty home, and a reader is promised no more than that.

A block that is quoted from a file is saved under that file's name; a block behind `<!-- run -->` is
typed into a shell whose PATH begins with this build's programs.
"""
import os
import pathlib
import re
import subprocess
import unittest

import harness

PAGE = harness.ROOT / "docs/first-cell.md"
BLOCK = re.compile(r"(?:<!-- (.*?) -->\n)?```(\w*)\n(.*?)```", re.DOTALL)


class Tutorial(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.files, self.commands = {}, []
        for mark, language, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
            if mark.startswith("quoted from "):
                self.files[pathlib.Path(mark.split()[-1]).name] = text
            elif mark == "run":
                self.commands += text.strip().splitlines()
            elif not mark.startswith("part of "):
                self.assertEqual(language, "", "only what a program printed stands there unmarked")

    def test_it_is_short(self):
        source = self.files["ugrnn.cpp"].splitlines()
        self.assertLessEqual(len(source), 40)
        self.assertLessEqual(len(self.commands), 5)
        self.assertEqual(set(self.files), {"ugrnn.cpp", "first_cell.yaml"})

    def test_it_works(self):
        home = self.folder / "home"
        home.mkdir()
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("UNROLL_", "XDG_"))}
        environment.update(HOME=str(home), PATH=f"{harness.RUNEXP.parent}:{os.environ['PATH']}",
                           OMP_NUM_THREADS="1", UNROLL_NO_FETCH="1", COLUMNS="120")
        for name, text in self.files.items():
            self.write(name, text)
        printed = {}
        for command in self.commands:
            done = subprocess.run(command, shell=True, cwd=self.folder, env=environment, text=True,
                                  capture_output=True, timeout=600 * harness.PATIENCE, check=False)
            self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}\n{done.stderr}")
            printed[command] = done.stdout

        self.assertTrue((home / ".local/share/unroll/plugins/cell_ugrnn.so").is_file())
        described = printed["runexp plugins ugrnn"]
        for words in ("cell ugrnn 1.0.0", "keep_bias", "added to bg at the start"):
            self.assertIn(words, described)
        self.assertIn(", 0 failed", printed["runexp check-plugin ugrnn"])
        rows = [line.split() for line in printed["runexp compare runs/first_cell"].splitlines()]
        self.assertEqual(rows[0][:3], ["run", "seed", "cell"])
        column = rows[0].index("cell")
        self.assertEqual([row[column] for row in rows[1:5]], ["lstm", "lstm", "ugrnn", "ugrnn"])
        for row in rows[1:5]:
            self.assertEqual(row[-1], "completed")
            # The root of 0.167 is 0.408: what always saying 1 has.
            self.assertLess(float(row[column + 1]), 0.1)


if __name__ == "__main__":
    unittest.main()
