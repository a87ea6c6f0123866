#!/usr/bin/python3
"""The catalogue that is shipped: its page, and each set's checksums and tables where the set is to be
had without a network: in the cache or from installed packages."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

from extraction import ROOT

from cache import complaint, folder_of_cache, sha256_of
from catalogue import DataError, load
from fetch import extract
from originals import Originals, installed
from table import problem

CATALOGUE = load(ROOT / "tools/data/catalogue.yaml")


class Catalogue(unittest.TestCase):
    def files_of(self, name, entry):
        """The files' paths; skips where they are not to be had."""
        cached = folder_of_cache() / name
        if all((cached / file).is_file() for file in entry.files):
            return {file: cached / file for file in entry.files}
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        for source in entry.sources:
            if all(map(installed, source.parts)):
                folder = pathlib.Path(scratch.name)
                extract(source, Originals(folder, print).get(source, False), entry.files, folder)
                return {file: folder / file for file in entry.files}
        self.skipTest(f"{name} is neither in the cache nor installed: tools/get-data {name}")
        return None

    def check(self, name, entry):
        for file, path in self.files_of(name, entry).items():
            rule, content = entry.files[file], path.read_bytes()
            self.assertIsNone(complaint(rule, content, sha256_of(path)), file)
            if rule.columns:
                self.assertIsNone(problem(content, rule.columns, rule.least_rows), file)
                if rule.sha256 and sha256_of(path) == rule.sha256[0]:
                    rows = content.count(b"\n")
                    self.assertIn(f"{rows:,}", entry.description, "the rows are another number")
            elif file.endswith(".txt"):
                content.decode()

    def test_its_page_is_up_to_date(self):
        made = subprocess.run([sys.executable, ROOT / "tools/make-data-page", "--stdout"], check=True,
                              capture_output=True, encoding="utf-8").stdout
        self.assertEqual((ROOT / "docs/data.md").read_text(encoding="utf-8"), made, "run tools/make-data-page")

    def test_every_extractor_is_used(self):
        used = {source.extract for entry in CATALOGUE.values() for source in entry.sources}
        there = {path.stem for path in (ROOT / "tools/data/extractors").glob("*.py")}
        self.assertEqual(there, used)

    def test_says_what_is_wrong_with_an_entry(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("book:\n  description: x\n  licence: x\n  task: x\n  sources: [{index: apt, extract: no}]\n"
                       "  files: {a.tsv: x}\n")
            file.flush()
            with self.assertRaisesRegex(DataError, "entry 'book': a file or source is amiss .x is no SHA-256"):
                load(file.name)


def add_tests():
    for name, entry in CATALOGUE.items():
        def test(self, name=name, entry=entry):
            self.check(name, entry)
        setattr(Catalogue, f"test_set_{name.replace('-', '_')}", test)


add_tests()

if __name__ == "__main__":
    unittest.main(verbosity=2)
