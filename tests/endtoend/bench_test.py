"""`runexp bench`: what it says of an experiment's speed holds together, for every kind of model."""
import json
import unittest

import harness
import small_models

LSTM = "{many_to_many: {cell: lstm, hidden: 24}}"


class Bench(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.write("tmp/.keep", "")

    def bench(self, *words):
        done = self.run_it("bench", *words, "--steps", "5", environment={"TMPDIR": str(self.folder / "tmp")})
        self.assertEqual([p.name for p in (self.folder / "tmp").iterdir()], [".keep"])
        self.assertFalse((self.folder / "runs").exists())
        return done

    def found(self, *words):
        found = json.loads(self.bench(*words, "--json").stdout)
        self.assertGreater(found["peak_memory_bytes"], 1e6)
        machine = found["machine"]
        for key in ("product_f32_gflop_per_s", "triad_gb_per_s", "triad_one_thread_gb_per_s", "triad_array_bytes"):
            self.assertGreater(machine[key], 0)
        if "steps" in found:
            self.check_training(found)
        if "sample_us_per_token" in found:
            self.check_spread(found, "sample_us_per_token")
            self.assertGreater(found["sample_tokens"], 0)
        return found

    def check_spread(self, found, name):
        self.assertLessEqual(found[name + "_p10"], found[name])
        self.assertLessEqual(found[name], found[name + "_p90"])
        self.assertGreaterEqual(found[name + "_p10"], 0)

    def check_training(self, found):
        self.assertEqual(found["steps"], 5)
        self.check_spread(found, "step_ms")
        phases = found["phases"]
        self.assertEqual(list(phases), ["data", "forward", "backward", "optimizer", "logging"])
        self.assertAlmostEqual(sum(phase["share"] for phase in phases.values()), 1, places=6)
        for phase in phases.values():
            self.check_spread(phase, "ms")
        self.assertGreater(found["product_gflop_per_s"], 0)
        self.assertAlmostEqual(found["product_utilisation"],
                               found["product_gflop_per_s"] / found["machine"]["product_f32_gflop_per_s"], places=9)

    def test_a_generator(self):
        self.experiment()
        found = self.found("small.yaml")
        T, N, H, V = 25, 8, 24, found["vocabulary"]
        self.assertEqual(found["train_tokens_per_step"], T * N)
        self.assertGreater(found["train_tokens_per_s"], 0)
        # Forward, and going back the states' gradients (but the first) and the weights'; one-hot
        # input is looked up. The output three times.
        recurrence = 2 * N * H * 4 * H * (T + (T - 1) + T)
        output = 2 * T * N * H * V * 3
        self.assertAlmostEqual(found["product_gflop_per_step"], 1e-9 * (recurrence + output), places=12)
        self.assertEqual(found["sampler"], "temperature 0.8")
        self.assertEqual(found["sample_weight_bytes_per_token"], 4 * (H * 4 * H + H * V))
        self.assertGreater(found["sample_weight_gb_per_s"], 0)
        self.assertAlmostEqual(found["sample_read_utilisation"],
                               found["sample_weight_gb_per_s"] / found["machine"]["read_weights_gb_per_s"], places=9)

    def test_two_layers_and_an_embedding(self):
        self.experiment(**{"{cell: lstm, hidden: 24}": "{cell: gru, hidden: 24, layers: 2, embedding: 12}"})
        found = self.found("small.yaml")
        T, N, E, H, V = 25, 8, 12, 24, found["vocabulary"]
        recurrence = 2 * 2 * N * H * 3 * H * (T + (T - 1) + T)
        products = 2 * T * N * 3 * (E * 3 * H + H * 3 * H + H * V)
        self.assertAlmostEqual(found["product_gflop_per_step"], 1e-9 * (recurrence + products), places=12)
        # Written with, the embedding and the first layer's product with it are one table.
        self.assertEqual(found["sample_weight_bytes_per_token"], 4 * (H * 3 * H + 2 * H * 3 * H + H * V))

    def test_for_people(self):
        self.experiment()
        told = self.bench("small.yaml").stdout
        for part in ("tokens/s", "ms a step", "forward", "logging", "GFLOP a step", "us a token", "peak memory",
                     "matrix product", "STREAM triad"):
            self.assertIn(part, told)

    def test_a_model_that_counts(self):
        self.experiment(**{LSTM: "{markov: {order: 3}}"})
        found = self.found("small.yaml")
        self.assertGreater(found["train_tokens_per_s"], 0)
        self.assertNotIn("phases", found)
        self.assertGreater(found["sample_us_per_token"], 0)
        self.assertIn("counting", self.bench("small.yaml").stdout)

    def test_models_of_whole_examples(self):
        small_models.write_data(self)
        for name, unit, writes in (("class_last", "examples", False), ("class_cnn", "examples", False),
                                   ("values_mlp", "examples", False), ("tags", "tokens", False),
                                   ("answer_plain", "tokens", True)):
            with self.subTest(name):
                small_models.describe(self, name)
                found = self.found(f"{name}.yaml")
                self.assertGreater(found[f"train_{unit}_per_s"], 0)
                self.assertEqual("sample_us_per_token" in found, writes)

    def test_a_search_is_measured_as_greedy(self):
        self.experiment(**{"{temperature: {temperature: 0.8}}": "{beam: {width: 4}}"})
        self.assertEqual(self.found("small.yaml")["sampler"], "greedy")


if __name__ == "__main__":
    unittest.main()
