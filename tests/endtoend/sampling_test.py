"""Writing, evaluating and listing: everything that starts from a run file alone."""
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import h5py

import harness


class Sampling(harness.EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory()
        trainer = cls("run_it")
        trainer.folder = pathlib.Path(cls.shared.name)
        trainer.experiment()
        trainer.run_it("small.yaml", "--quiet", "--set", "training.epochs=4")

    @classmethod
    def tearDownClass(cls):
        cls.shared.cleanup()

    def setUp(self):
        super().setUp()
        shutil.copytree(self.shared.name, self.folder, dirs_exist_ok=True)

    def sample(self, *words, **options):
        return self.run_it("sample", "runs/small.h5", *words, **options)

    def test_the_run_file_is_enough(self):
        lonely = pathlib.Path(self.folder, "elsewhere.h5")
        (self.folder / "runs/small.h5").rename(lonely)
        (self.folder / "story.txt").unlink()
        done = self.run_it("sample", "elsewhere.h5", "--prompt", "Alice ", "--length", "50",
                           "--sampler", "temperature:temperature=0.7")
        self.assertEqual(len(done.stdout), len("Alice ") + 50 + 1)
        self.assertTrue(done.stdout.startswith("Alice "))
        self.assertEqual(done.stderr, "")

    def test_several_samplers_are_labelled(self):
        done = self.sample("--sampler", "greedy", "--sampler", "temperature:temperature=0.5,top_k=3",
                           "--num-samples", "2", "--length", "20")
        self.assertEqual(done.stdout.count("--- greedy\n"), 2)
        self.assertEqual(done.stdout.count("--- temperature(temperature=0.5, top_k=3)\n"), 2)

    def test_the_seed_decides(self):
        def text(seed):
            return self.sample("--sampler", "temperature", "--seed", seed).stdout
        self.assertEqual(text(1), text(1))
        self.assertNotEqual(text(1), text(2))

    def test_json(self):
        found = json.loads(self.sample("--sampler", "greedy", "--length", "9", "--json").stdout)
        self.assertEqual(found[0]["sampler"], "greedy")
        self.assertEqual(found[0]["tokens"], 9)
        self.assertEqual(len(found[0]["text"]), 9)

    def test_many_texts_are_those_written_alone(self):
        def texts(count, *words):
            return [found["text"] for found in json.loads(self.sample(
                "--sampler", "temperature", "--num-samples", count, "--length", "80", "--json",
                *words).stdout)]
        many = texts(5)
        self.assertEqual(len(set(many)), 5)
        self.assertEqual(many[:1], texts(1))
        self.assertEqual(many[:3], texts(3))
        self.assertEqual(texts(3, "--precision", "int8")[:1], texts(1, "--precision", "int8"))

    def test_weights_of_fewer_bits_predict_almost_as_well(self):
        losses = {}
        for precision in ("f32", "bf16", "int8"):
            found = json.loads(self.run_it("evaluate", "runs/small.h5", "--precision", precision,
                                           "--json").stdout)
            self.assertEqual(found["precision"], precision)
            losses[precision] = found["loss"]
        self.assertEqual(len(set(losses.values())), 3, losses)
        for loss in losses.values():
            self.assertAlmostEqual(loss, losses["f32"], delta=0.01)
        self.assertIn("bf16 weights", self.run_it("evaluate", "runs/small.h5", "--precision",
                                                  "bf16").stdout)

    def test_an_experiment_may_choose_how_weights_are_kept(self):
        def texts(run):
            with h5py.File(self.folder / run) as file:
                return file["samples/text"].asstr()[:].tolist()
        short = ("--quiet", "--set", "training.epochs=1", "--set", "generate.length=300", "--set",
                 "generate.samplers=[{temperature: {temperature: 1.5}}]")
        for precision in "f32", "int8":
            self.run_it("small.yaml", *short, "--set", f"generate.precision={precision}", "-o", f"{precision}.h5")
        self.assertNotEqual(texts("f32.h5"), texts("int8.h5"))
        chosen = self.run_it("sample", "int8.h5", "--length", "300").stdout
        self.assertEqual(chosen, self.run_it("sample", "int8.h5", "--length", "300", "--precision", "int8").stdout)
        self.assertNotEqual(chosen, self.run_it("sample", "int8.h5", "--length", "300", "--precision", "f32").stdout)
        self.refused(2, "small.yaml", "--set", "generate.precision=int8", "--set", "model.many_to_many.cell=mgu",
                     says="generate.precision int8: this model writes with float32 weights alone")

    def test_a_precision_that_there_is_not_is_refused(self):
        self.assertIn("bf16", self.sample("--precision", "fp4", code=2).stderr)

    def test_unknown_characters_are_named_and_read_as_unknown(self):
        done = self.sample("--prompt", "Alice \u00e9 \u6f22", "--length", "20", "--sampler",
                           "greedy")
        self.assertIn("the vocabulary lacks '\u00e9', '\u6f22'", done.stderr)
        self.assertIn("unknown", done.stderr)
        self.assertTrue(done.stdout.startswith("Alice \u00e9 \u6f22"))

    def test_an_interruption_ends_a_waiting_prompt(self):
        waiting = subprocess.Popen(self.command("sample", "runs/small.h5", "--interactive"),
                                   cwd=self.folder, env=self.environment(),
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        waiting.stderr.readline()
        time.sleep(0.3)
        waiting.send_signal(signal.SIGINT)
        self.assertEqual(waiting.wait(timeout=20 * harness.PATIENCE), 130)
        waiting.stdin.close()
        waiting.stderr.close()

    def test_interactive(self):
        done = self.sample("--interactive", "--length", "15", input="Alice \n\n:length 3\n"
                           ":sampler greedy\nthe \n:sampler gredy\n:help\n:quit\nnever\n")
        lines = done.stdout.splitlines()
        self.assertTrue(lines[0].startswith("Alice "))
        self.assertIn("did you mean 'greedy'", done.stderr)
        self.assertNotIn("never", done.stdout)

    def test_bad_samplers(self):
        for text, says in (("gredy", "did you mean 'greedy'"),
                           ("temperature:temprature=1", "did you mean 'temperature'"),
                           ("temperature:temperature=-1", "temperature"),
                           ("temperature:temperature=hot", "number"),
                           ("temperature:0.7", "option=value")):
            code = 3 if text == "gredy" else 2
            with self.subTest(text):
                self.refused(code, "sample", "runs/small.h5", "--sampler", text, says=says)

    def test_evaluate_agrees_with_training(self):
        done = json.loads(self.run_it("evaluate", "runs/small.h5", "--json").stdout)
        trained = json.loads(self.run_it("list", "--json").stdout)[0]["validation_loss"]
        self.assertAlmostEqual(done["loss"], trained, places=5)
        self.assertIn("nats/token", self.run_it("evaluate", "runs/small.h5").stdout)

    def test_evaluate_another_text(self):
        self.write("other.txt", "Alice sang a song.\n" * 50 + "\u00e9")
        done = json.loads(self.run_it("evaluate", "runs/small.h5", "--data", "other.txt",
                                      "--json").stdout)
        self.assertEqual(done["tokens"], 19 * 50)
        self.assertEqual(done["unknown"], 1)
        self.refused(4, "evaluate", "runs/small.h5", "--data", "none.txt", says="no such file")
        self.refused(4, "evaluate", "runs/small.h5", "--split", "test", says="no test split")

    def test_evaluate_with_another_sampler(self):
        self.run_it(harness.ROOT / "experiments/reverse.yaml", "--quiet", "--output", "reverse.h5",
                    "--set", "data={reverse: {train: 300, validation: 20}}",
                    "--set", "training.epochs=1", "--set", "model.seq2seq.hidden=8")
        done = json.loads(self.run_it("evaluate", "reverse.h5", "--sampler", "beam:width=3",
                                      "--json").stdout)
        self.assertEqual(done["sampler"], "beam(width=3)")
        self.assertIn("chrf", done)
        self.assertNotIn("bleu", done)  # of one word each it has nothing to say
        self.assertIn("written by greedy", self.run_it("evaluate", "reverse.h5").stdout)
        self.refused(2, "evaluate", "reverse.h5", "--sampler", "beam:widht=3", says="'width'")
        self.refused(2, "evaluate", "runs/small.h5", "--sampler", "greedy", says="not judged")

    def test_list(self):
        self.write("runs/foreign.h5", "not ours")
        done = self.run_it("list", "runs")
        self.assertIn("small", done.stdout)
        self.assertIn("completed", done.stdout)
        self.refused(4, "list", "nowhere", says="no such folder")


if __name__ == "__main__":
    unittest.main()
