"""The experiments that are shipped, and the pages that describe what is there."""
import os
import pathlib
import subprocess
import unittest

import yaml

import harness

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
DATA = pathlib.Path(os.environ.get("UNROLL_DATA") or CACHE / "unroll/data")


def data_sets(path):
    """The data sets that an experiment names."""
    root = yaml.safe_load(path.read_text())
    data = root.get("data", {})
    names = data.get("corpus", []) + [data[key] for key in ("images", "table") if key in data]
    found = {name.split("/")[0] for name in names}
    return found | data_sets(path.parent / root["include"]) if "include" in root else found


class Experiments(harness.EndToEnd):
    def test_each_is_valid(self):
        for path in sorted((harness.ROOT / "experiments").glob("*.yaml")):
            with self.subTest(path.stem):
                text = path.read_text()
                self.assertTrue(text.startswith("# "), "say what it shows")
                self.assertRegex(text, "# .*[Mm]inutes")
                missing = [name for name in sorted(data_sets(path)) if not (DATA / name).exists()]
                if missing:
                    self.skipTest(f"no data for {path.stem}: tools/get-data {' '.join(missing)}")
                done = self.run_it(path, "--dry-run", environment={"UNROLL_DATA": str(DATA)})
                self.assertIn(f"experiment: {path.stem}\n", done.stdout)

    @unittest.skipUnless((DATA / "alice").exists(), "no data: tools/get-data alice")
    def test_quick_learns(self):
        path = harness.ROOT / "experiments/quick.yaml"
        done = self.run_it(path, environment={"UNROLL_DATA": str(DATA)})
        loss = float(done.stdout.split("validation")[1].split()[0])
        self.assertLess(loss, 2.2)

    @unittest.skipUnless((DATA / "austen").exists(), "no data: tools/get-data austen")
    def test_markov_is_the_reference(self):
        """Witten-Bell of order 4, measured beforehand by other code: 1.922 bits a character."""
        path = harness.ROOT / "experiments/char_markov.yaml"
        done = self.run_it(path, "--quiet", environment={"UNROLL_DATA": str(DATA)})
        bits = float(done.stdout.split("nats/token, ")[1].split()[0])
        self.assertAlmostEqual(bits, 1.922, delta=0.01)


class Documents(harness.EndToEnd):
    def test_reference_is_up_to_date(self):
        made = subprocess.run([str(harness.ROOT / "tools/make-reference"), "--stdout"],
                              env=self.environment(RUNEXP=str(harness.RUNEXP)), check=True,
                              capture_output=True, encoding="utf-8").stdout
        self.assertEqual((harness.ROOT / "docs/reference.md").read_text(), made,
                         "run tools/make-reference")

    def test_links_lead_somewhere(self):
        pages = [*harness.ROOT.glob("*.md"), *harness.ROOT.glob("docs/*.md")]
        for page in pages:
            for part in page.read_text().split("](")[1:]:
                target = part.split(")")[0].split("#")[0]
                if target and "://" not in target:
                    with self.subTest(page=page.name, target=target):
                        self.assertTrue((page.parent / target).exists())


if __name__ == "__main__":
    unittest.main()
