"""`runexp schema`: the JSON Schema of experiment files accepts what runexp accepts, and catches what
people mistype."""
import json
import re
import unittest

import yaml

import harness

try:
    import jsonschema
except ImportError:
    jsonschema = None

class Yaml12(yaml.SafeLoader):
    """As editors read numbers: 1e-08 is one, which YAML 1.1 takes for a text."""


Yaml12.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]+)?e[-+]?[0-9]+$"),
                             list("-+0123456789"))

GOOD = """\
experiment: small
data: {dataset: text, corpus: [alice]}
model: {many_to_many: {cell: {lstm: {forget_bias: 2}}, hidden: 24}}
training: {epochs: 2, optimizer: {adam: {learning_rate: 0.01}}, schedule: {cosine: {warmup: 5}}}
generate: {samplers: [greedy, {temperature: {temperature: 0.8}}]}
"""

# What is written otherwise, where the schema finds fault, and how it says so.
MISTAKES = (
    ("epochs: 2", "epocs: 2", ["training"], "'epocs' was unexpected"),
    ("experiment: small\n", "experiment: small\ntrainning: {}\n", [], "'trainning' was unexpected"),
    ("experiment: small\n", "", [], "'experiment' is a required property"),
    ("epochs: 2", "epochs: -1", ["training", "epochs"], "-1 is less than the minimum of 0"),
    ("epochs: 2", "epochs: many", ["training", "epochs"], "'many' is not of type 'integer'"),
    ("epochs: 2", "epochs: 2.5", ["training", "epochs"], "2.5 is not of type 'integer'"),
    ("epochs: 2", "epochs: 2, scheme: random", ["training", "scheme"], "'random' is not one of"),
    ("epochs: 2", "epochs: 2, shuffle: 1", ["training", "shuffle"], "1 is not of type 'boolean'"),
    ("lstm: {forget_bias: 2}", "lstn: {}", ["model", "many_to_many", "cell"], "'lstn' was unexpected"),
    ("forget_bias: 2", "forget_bias: 1000", ["model", "many_to_many", "cell", "lstm", "forget_bias"],
     "1000 is greater than the maximum of 100"),
    ("forget_bias: 2", "forgetbias: 2", ["model", "many_to_many", "cell", "lstm"], "was unexpected"),
    ("learning_rate: 0.01", "learning_rate: fast", ["training", "optimizer", "adam", "learning_rate"],
     "not valid under any of the given schemas"),
    ("[greedy, ", "[greedi, ", ["generate", "samplers", 0], "'greedi' is not one of"),
    ("samplers: [greedy, {temperature: {temperature: 0.8}}]", "samplers: greedy",
     ["generate", "samplers"], "'greedy' is not of type 'array'"),
    ("warmup: 5", "warm: 5", ["training", "schedule", "cosine"], "'warm' was unexpected"),
    ("dataset: text", "dataset: texts", ["data", "dataset"], "'texts' is not one of"),
    ("corpus: [alice]", "corpora: [alice]", ["data"], "'corpora' was unexpected"),
    ("hidden: 24", "hidden: 24, cell: {lstm: {}, gru: {}}", ["model", "many_to_many", "cell"],
     "has too many properties"),
)


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
class Schema(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.schema = json.loads(self.run_it("schema").stdout)
        jsonschema.Draft7Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft7Validator(self.schema)

    def faults(self, text):
        return [(list(fault.absolute_path), fault.message)
                for fault in self.validator.iter_errors(yaml.load(text, Yaml12))]

    def test_every_shipped_experiment_is_valid(self):
        files = sorted((harness.ROOT / "experiments").rglob("*.yaml"))
        self.assertGreater(len(files), 20)
        for file in files:
            with self.subTest(file.name):
                self.assertEqual(self.faults(file.read_text(encoding="utf-8")), [])

    def test_what_runexp_resolves_is_valid(self):
        self.experiment()
        done = self.run_it("small.yaml", "--dry-run")
        self.assertEqual(self.faults(done.stdout), [])

    def test_mistakes(self):
        self.assertEqual(self.faults(GOOD), [])
        for right, wrong, path, says in MISTAKES:
            with self.subTest(wrong):
                self.assertIn(right, GOOD)
                faults = self.faults(GOOD.replace(right, wrong, 1))
                self.assertTrue(any(at == path and says in message for at, message in faults), faults)

    def test_what_may_be_written_otherwise(self):
        for extra in ("include: base.yaml\ndata: {files: [more.txt]}\n",
                      "include: [a.yaml, b.yaml]\n",
                      "initialize_from: runs/lm.h5\n" + GOOD,
                      "initialize_from: {run: lm.h5, weights: {'embedding/*': 'decoder/*'}}\n" + GOOD,
                      "seeds: 3\nsweep: {grid: {training.batch: [1, 2]}}\n" + GOOD,
                      "sweep: {random: {count: 3, draw: {training.batch: uniform, training.window: [5, 6], "
                      "training.clip_norm: {log_uniform: [0.1, 10]}}}}\n" + GOOD):
            with self.subTest(extra):
                self.assertEqual(self.faults(extra), [])
        for extra in ("sweep: {grid: {training.batch: 3}}\n", "sweep: {gird: {}}\n", "seeds: few\n",
                      "sweep: {random: {count: 3, draw: {training.batch: {unifrom: [1, 2]}}}}\n"):
            with self.subTest(extra):
                self.assertNotEqual(self.faults(extra + GOOD), [])

    def test_editors_see_meanings_defaults_and_ranges(self):
        lstm = self.schema["definitions"]["cell.lstm"]
        self.assertIn("Hochreiter", lstm["description"])
        bias = lstm["properties"]["forget_bias"]
        self.assertEqual((bias["default"], bias["minimum"], bias["maximum"]), (1, -100, 100))
        self.assertIn("forget gate", bias["description"])

    def test_plugins_of_ones_own(self):
        folder = harness.BUILD / "tests/plugin/tutorial"
        self.assertNotEqual(self.faults(GOOD.replace("lstm: {forget_bias: 2}", "ugrnn: {}")), [])
        self.schema = json.loads(self.run_it("schema", "--plugins", folder).stdout)
        self.validator = jsonschema.Draft7Validator(self.schema)
        self.assertEqual(self.faults(GOOD.replace("lstm: {forget_bias: 2}", "ugrnn: {keep_bias: 2}")), [])


class SweepRanges(harness.EndToEnd):
    """A sweep beyond what an option allows is refused before anything runs."""

    def check(self, sweep, says):
        self.experiment(harness.EXPERIMENT + sweep)
        self.refused(2, "sweep", "small.yaml", says=says)
        self.assertFalse((self.folder / "runs").exists())

    def test_grid(self):
        self.check("sweep: {grid: {training.batch: [8, 0]}}\n", "'batch' must be from 1 to 65536, found 0")

    def test_draws(self):
        self.check("sweep: {random: {count: 2, draw: {training.batch: {integers: [0, 64]}}}}\n",
                   "small.yaml:8:63: 'training.batch': the option must be from 1 to 65536, found 0")
        self.check("sweep: {random: {count: 2, draw: {model.many_to_many.dropout: {uniform: [0.1, 3]}}}}\n",
                   "'model.many_to_many.dropout': the option must be from 0 to ")

    def test_plugin_options(self):
        self.check("sweep: {random: {count: 2, draw: {model.many_to_many.cell.lstm.forget_bias: "
                   "{uniform: [0, 1000]}}}}\n", "the option must be from -100 to 100, found 1000")


if __name__ == "__main__":
    unittest.main()
