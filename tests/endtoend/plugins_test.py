"""Plugins through the real program: lists, descriptions, refusals."""
import json
import shutil
import unittest

import harness

BROKEN = harness.BUILD / "tests/plugin/broken"


class Plugins(harness.EndToEnd):
    def test_list(self):
        done = self.run_it("plugins")
        for words in (r"cell +lstm ", r"architecture +many_to_many ", r"sampler +greedy "):
            self.assertRegex(done.stdout, words)
        self.assertNotIn("refused", done.stdout)

    def test_one_kind(self):
        done = self.run_it("plugins", "--kind", "cell")
        self.assertIn("gru", done.stdout)
        self.assertNotIn("greedy", done.stdout)
        self.refused(2, "plugins", "--kind", "cel", says="did you mean 'cell'")

    def test_description_of_every_option(self):
        done = self.run_it("plugins", "lstm")
        for word in ("forget_bias", "peepholes", "projection"):
            self.assertIn(word, done.stdout)
        self.refused(3, "plugins", "lstn", says=["unknown plugin 'lstn'", "did you mean 'lstm'?"])

    def test_json(self):
        found = {p["name"]: p for p in json.loads(self.run_it("plugins", "--json").stdout)}
        self.assertEqual(found["lstm"]["kind"], "cell")
        self.assertIn("forget_bias", [o["name"] for o in found["lstm"]["options"]])


class Refusals(harness.EndToEnd):
    """A library that cannot be used is named with the reason; all others go on working."""

    def refused_library(self, place, says):
        self.experiment(**{"seed: 1": f"seed: 1\nplugins: [{place}]"})
        self.refused(3, "small.yaml", says=says)
        listed = self.run_it("plugins", environment={"UNROLL_PLUGIN_PATH": str(place)})
        self.assertRegex(listed.stdout, r"cell +lstm ")
        return listed.stdout

    def built(self, name):
        libraries = list((BROKEN / name).glob("*.so"))
        self.assertEqual(len(libraries), 1, f"build tests/plugin first: {BROKEN / name}")
        return libraries[0]

    def test_text(self):
        path = self.write("cell_text.so", "not a library\n")
        self.assertIn("not an ELF library", self.refused_library(path, ["cell_text.so", "ELF"]))

    def test_truncated(self):
        whole = (harness.BUILD / "plugins/cell_rnn.so").read_bytes()
        path = self.write("cell_half.so", whole[:len(whole) // 2])
        self.refused_library(path, "cell_half.so")

    def test_other_abi(self):
        path = self.built("other_abi")
        self.assertIn("refused", self.refused_library(path, [path.name, "ABI"]))

    def test_no_manifest(self):
        path = self.built("no_manifest")
        self.assertIn("refused", self.refused_library(path, [path.name, "no manifest"]))

    def test_throws_on_load(self):
        shutil.copy(self.built("throws_on_load"), self.folder)
        path = next(self.folder.glob("*.so"))
        done = self.run_it("plugins", environment={"UNROLL_PLUGIN_PATH": str(path)})
        self.assertRegex(done.stdout, r"cell +lstm ")
        self.assertRegex(done.stdout, r"sampler +explosive +\(its file does not describe it")
        self.refused(3, "plugins", "explosive", says="threw while being loaded",
                     environment={"UNROLL_PLUGIN_PATH": str(path)})

    def test_missing_library(self):
        self.experiment(**{"seed: 1": "seed: 1\nplugins: [nowhere.so]"})
        self.refused(3, "small.yaml", says="nowhere.so: no such plugin file")


if __name__ == "__main__":
    unittest.main()
