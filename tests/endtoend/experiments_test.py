"""The experiments that are shipped, and the pages that describe what is there."""
import re
import subprocess
import unittest

import harness


class Experiments(harness.EndToEnd):
    def test_each_says_what_it_shows(self):
        for path in sorted((harness.ROOT / "experiments").glob("*.yaml")):
            with self.subTest(path.stem):
                text = path.read_text(encoding="utf-8")
                self.assertTrue(text.startswith("# "), "begin with what it shows")
                self.assertRegex(text, "# .*[Mm]inutes")

    @unittest.skipUnless((harness.DATA / "alice").exists(), "no data: tools/get-data alice")
    def test_quick_learns(self):
        path = harness.ROOT / "experiments/quick.yaml"
        done = self.run_it(path, environment={"UNROLL_DATA": str(harness.DATA)})
        loss = float(done.stdout.split("validation")[1].split()[0])
        self.assertLess(loss, 2.2)

    @unittest.skipUnless((harness.DATA / "austen").exists(), "no data: tools/get-data austen")
    def test_markov_is_the_reference(self):
        """Witten-Bell of order 4, measured beforehand by other code: 1.922 bits a character."""
        path = harness.ROOT / "experiments/char_markov.yaml"
        done = self.run_it(path, "--quiet", environment={"UNROLL_DATA": str(harness.DATA)})
        bits = float(done.stdout.split("nats/token, ")[1].split()[0])
        self.assertAlmostEqual(bits, 1.922, delta=0.01)

    def test_the_page_lists_each(self):
        page = (harness.ROOT / "docs/experiments.md").read_text(encoding="utf-8")
        for path in (harness.ROOT / "experiments").glob("*.yaml"):
            self.assertIn(f"| [{path.stem}](../experiments/{path.name}) |", page,
                          "run tools/run-experiments --table")


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
            prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
            for part in prose.split("](")[1:]:
                target = part.split(")")[0].split("#")[0]
                if target and "://" not in target:
                    with self.subTest(page=page.name, target=target):
                        self.assertTrue((page.parent / target).exists())


if __name__ == "__main__":
    unittest.main()
