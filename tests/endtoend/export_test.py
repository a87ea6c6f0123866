"""`runexp export` and `import`: files that other programs read, read here by Python's zipfile and NumPy alone."""
import csv
import io
import json
import struct
import unittest
import zipfile

import h5py
import harness
import numpy
import small_models


def safetensors(path):
    """Arrays and texts of a .safetensors file, by its documentation."""
    content = path.read_bytes()
    length, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    texts = header.pop("__metadata__")
    data = content[8 + length:]
    return {name: numpy.frombuffer(data[entry["data_offsets"][0]:entry["data_offsets"][1]], "<f4")
            .reshape(entry["shape"]) for name, entry in header.items()}, texts


def weights(run, group="weights"):
    found = {}
    with h5py.File(run) as file:
        file[group].visititems(lambda path, item: found.update({path: item[()]})
                               if isinstance(item, h5py.Dataset) else None)
    return found


class Export(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        small_models.write_data(self)

    def export(self, *words, **options):
        return self.run_it("export", *words, **options)

    def test_npz_holds_the_weights_under_their_own_names(self):
        run = small_models.train(self, "lstm_two_layers")
        told = self.export(run, "--to", "npz").stdout
        path = self.folder / "runs/lstm_two_layers.npz"
        self.assertIn(str(path), told)
        archive = numpy.load(path, allow_pickle=False)
        own = weights(run)
        self.assertEqual(set(archive.files) - {"run", "config", "vocabulary", "notes"}, set(own))
        for name, array in own.items():
            self.assertEqual(archive[name].dtype, numpy.float32)
            self.assertTrue(numpy.array_equal(archive[name], array), name)
        with h5py.File(run) as file:
            tokens = list(file["vocabulary/tokens"].asstr())
            step = int(file.attrs["checkpoint_step"])
        self.assertEqual(small_models.vocabulary_of(archive)["tokens"], tokens)
        self.assertEqual(json.loads(archive["config"].tobytes())["model"]["many_to_many"]["layers"], 2)
        self.assertEqual(json.loads(archive["run"].tobytes())["step"], step)
        notes = json.loads(archive["notes"].tobytes())
        self.assertEqual(notes["recurrence/layer0/forward/W"]["gates"], "i, f, g, o")
        with zipfile.ZipFile(path) as zipped:
            self.assertIsNone(zipped.testzip())
            self.assertEqual({entry.date_time for entry in zipped.infolist()}, {(1980, 1, 1, 0, 0, 0)})
        again = self.folder / "again.npz"
        self.export(run, "--to", "npz", "-o", again)
        self.assertEqual(again.read_bytes(), path.read_bytes())

    def test_what_an_ngram_model_counted_goes_into_npz_alone(self):
        self.write("m.yaml", f"experiment: m\ndata: {small_models.STREAM}\nmodel: {{markov: {{order: 2}}}}\n")
        self.run_it("m.yaml", "--quiet")
        self.export("runs/m.h5", "--to", "npz")
        self.assertTrue(any(name.startswith("learnt/") for name in numpy.load(self.folder / "runs/m.npz").files))
        for form in ("torch", "keras"):
            self.refused(2, "export", "runs/m.h5", "--to", form, says="model markov has no weights, it only counts")
        self.refused(2, "export", "runs/m.h5", "--to", "onnx", says="architecture 'markov' cannot be written")

    def test_csv_is_tidy(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet")
        self.export("runs/small.h5", "--to", "csv")
        rows = list(csv.DictReader(io.StringIO((self.folder / "runs/small.csv").read_bytes().decode(), newline="")))
        self.assertEqual(list(rows[0]), ["split", "step", "name", "unit", "value"])
        with h5py.File(self.folder / "runs/small.h5") as file:
            for split in ("train", "validation"):
                group = file["metrics"][split]
                ours = [(int(step), float(loss)) for step, loss in zip(group["step"], group["loss"])]
                theirs = [(int(row["step"]), float(row["value"])) for row in rows
                          if (row["split"], row["name"]) == (split, "loss")]
                self.assertEqual(ours, theirs)
            texts = list(file["samples/text"].asstr())
        self.assertEqual({row["unit"] for row in rows if row["name"] == "loss"}, {"nats/token"})
        self.assertTrue(any(row["name"] == "seconds" for row in rows))
        samples = list(csv.DictReader(io.StringIO(
            (self.folder / "runs/small.samples.csv").read_bytes().decode(), newline="")))
        self.assertEqual([row["text"] for row in samples], texts)
        self.assertTrue(any("\n" in text for text in texts))
        self.assertIn("distinct_1", samples[0])

    def test_tensorboard_writes_a_folder_of_events(self):
        run = small_models.train(self, "gru")
        self.export(run, "--to", "tensorboard")
        folder = self.folder / "runs/gru.tensorboard"
        files = sorted(path.relative_to(folder).parts[0] for path in folder.rglob("events.out.tfevents.*"))
        self.assertEqual(files, ["train", "validation"])
        self.refused(2, "export", run, "--to", "tensorboard", says=["gru.tensorboard: exists already", "--force"])
        self.export(run, "--to", "tensorboard", "--force")

    def test_nothing_is_overwritten(self):
        run = small_models.train(self, "gru")
        self.export(run, "--to", "npz", "-o", "w.npz")
        self.refused(2, "export", run, "--to", "npz", "-o", "w.npz", says=["w.npz: exists already", "--force"])
        self.export(run, "--to", "npz", "-o", "w.npz", "--force")
        for force in ([], ["--force"]):
            self.refused(2, "export", run, "--to", "npz", "-o", run, *force, says="no export replaces")
        self.refused(2, "export", run, "--to", "npz", "-o", self.folder, "--force", says="is a folder")

    def test_mistakes(self):
        run = small_models.train(self, "gru")
        self.refused(2, "export", run, "--to", "tourch", says=["unknown format 'tourch'", "did you mean 'torch'?"])
        self.run_it("gru.yaml", "--quiet", "-o", "none_best.h5", "--set", "training.early_stopping.restore_best=false")
        self.refused(2, "export", "none_best.h5", "--to", "npz", "--best", says="kept no best weights")
        self.refused(2, "export", run, "--to", "csv", "--last", says="writes no weights")
        self.refused(4, "export", "none.h5", "--to", "npz", says="none.h5")
        self.refused(4, "export", "lines.txt", "--to", "npz", says="lines.txt")

    def test_best_and_last_weights(self):
        small_models.train(self, "gru")
        self.run_it("gru.yaml", "--quiet", "--force", "--set", "training.early_stopping={patience: 3}", "--set",
                    "training.evaluate_every=2", "--set", "training.max_steps=8", "--set",
                    "training.optimizer={sgd: {learning_rate: 30}}")
        run = self.folder / "runs/gru.h5"
        self.assertFalse(numpy.array_equal(weights(run)["output/b"], weights(run, "best/weights")["output/b"]))
        for words, group in (([], "best/weights"), (["--best"], "best/weights"), (["--last"], "weights")):
            self.export(run, "--to", "npz", "-o", "w.npz", "--force", *words)
            self.assertTrue(numpy.array_equal(numpy.load(self.folder / "w.npz")["output/b"],
                                              weights(run, group)["output/b"]), words)

    def test_torch_and_back_is_the_same_to_the_bit(self):
        for name in ("lstm_tied", "lstm_norm_residual", "lstm_projection", "gru", "rnn_relu", "class_last_both_ways",
                     "class_attention", "class_cnn", "class_cnn_batch_norm", "answer_lstm_bridge",
                     "answer_general_after", "text_of_class"):
            with self.subTest(name):
                run = small_models.train(self, name)
                for ending in ("safetensors", "npz"):
                    self.export(run, "--to", "torch", "-o", f"w.{ending}", "--force")
                    self.run_it("import", f"w.{ending}", "--like", run, "-o", "back.h5", "--force")
                    ours, back = weights(run), weights(self.folder / "back.h5")
                    self.assertEqual(set(ours), set(back))
                    for path, array in ours.items():
                        if path.startswith("learnt/"):  # kept in double precision
                            numpy.testing.assert_allclose(back[path], array, rtol=1e-7)
                        else:
                            self.assertEqual(back[path].tobytes(), array.tobytes(), path)

    def test_the_layout_of_torch(self):
        run = small_models.train(self, "gru")
        self.export(run, "--to", "torch")
        tensors, texts = safetensors(self.folder / "runs/gru.safetensors")
        own = weights(run)
        self.assertEqual(texts["format"], "pt")
        self.assertEqual(json.loads(texts["config"])["seed"], 3)
        z, r, n = numpy.split(own["recurrence/layer1/forward/W"].T, 3)
        self.assertTrue(numpy.array_equal(tensors["rnn.weight_ih_l1"], numpy.concatenate([r, z, n])))
        self.assertTrue(numpy.array_equal(tensors["rnn.bias_hh_l0"][24:], own["recurrence/layer0/forward/bn"]))
        self.assertTrue(numpy.array_equal(tensors["output.weight"], own["output/W"].T))

    def test_what_has_no_counterpart_is_refused(self):
        for name, form, says in (("lstm_peepholes", "torch", "no peepholes"), ("lstm_peepholes", "keras", "no peepholes"),
                                 ("gru_reset_before", "torch", "reset: after"),
                                 ("lstm_projection", "keras", "no projection")):
            with self.subTest((name, form)):
                run = small_models.train(self, name)
                self.refused(2, "export", run, "--to", form, says=[says, "--to npz"])
                self.assertEqual(list(self.folder.glob("runs/*.safetensors")), [])

    def test_an_imported_run_samples_evaluates_and_lends_its_weights(self):
        run = small_models.train(self, "lstm")
        self.export(run, "--to", "torch", "-o", "w.npz")
        told = self.run_it("import", "w.npz", "--like", "lstm.yaml", "-o", "runs/back.h5").stdout
        self.assertIn("6 of 6 tensors taken", told)
        greedy = ("--prompt", "the ", "--length", "40", "--sampler", "greedy")
        self.assertEqual(self.run_it("sample", "runs/back.h5", *greedy).stdout,
                         self.run_it("sample", run, *greedy).stdout)
        one, other = (json.loads(self.run_it("evaluate", file, "--json").stdout) for file in (run, "runs/back.h5"))
        self.assertEqual(one["loss"], other["loss"])
        self.run_it("lstm.yaml", "--quiet", "--set", "initialize_from=runs/back.h5", "--set", "training.epochs=0",
                    "-o", "runs/begun.h5")
        self.assertEqual(weights(self.folder / "runs/begun.h5")["output/W"].tobytes(),
                         weights(run)["output/W"].tobytes())
        self.refused(2, "resume", "runs/back.h5", "--set", "training.epochs=2", says="initialize_from")

    def their_own(self, run, **more):
        """What people save of models of their own: other names, `batch_first`, double precision, no hidden bias."""
        self.export(run, "--to", "torch", "-o", "w.npz", "--force")
        tensors = numpy.load(self.folder / "w.npz")
        renamed = {name.replace("rnn.", "lstm.").replace("output.", "head.").replace("embedding.", "emb."): tensors[name]
                   for name in tensors.files if name not in ("run", "config", "vocabulary")}
        renamed.update(more)
        numpy.savez(self.folder / "theirs.npz", **renamed)
        return renamed

    def test_other_names_are_found_by_their_shapes(self):
        run = small_models.train(self, "lstm_two_layers")
        tensors = self.their_own(run, **{"attention.weight": numpy.zeros((2, 2), "<f4")})
        tensors["head.bias"] = tensors["head.bias"].astype("<f8") + 1e-12
        del tensors["lstm.bias_hh_l1"]
        numpy.savez(self.folder / "theirs.npz", **tensors)
        done = self.run_it("import", "theirs.npz", "--like", run, "-o", "back.h5")
        for part in ("from lstm.weight_ih_l1, by its shape", "rounded to float32", "zeros: the file has none",
                     "11 of 11 tensors taken", "not used: attention.weight [2, 2]"):
            self.assertIn(part, done.stdout)
        self.assertIn("does not say what its tokens are", done.stderr)
        ours, back = weights(run), weights(self.folder / "back.h5")
        for path in ours:
            numpy.testing.assert_allclose(back[path], ours[path], atol=1e-7)
        with h5py.File(self.folder / "back.h5") as file:
            self.assertEqual(file["environment/import/file"].asstr()[()], "theirs.npz")

    def test_what_does_not_fit_is_listed(self):
        run = small_models.train(self, "lstm_two_layers")
        self.their_own(run, **{"head2.weight": numpy.zeros((1, 1), "<f4")})
        one = numpy.load(self.folder / "theirs.npz")
        parts = dict(one)
        parts["tail.weight"], parts["tail.bias"] = parts["head.weight"], parts["head.bias"]
        numpy.savez(self.folder / "two.npz", **parts)
        self.refused(2, "import", "two.npz", "--like", run, "-o", "back.h5",
                     says=["output.weight", "could be head or tail", "--rename output=head"])
        self.run_it("import", "two.npz", "--like", run, "-o", "back.h5", "--rename", "output=tail")
        self.refused(2, "import", "two.npz", "--like", run, "-o", "b.h5", "--rename", "output=tial",
                     says="did you mean 'tail'?")
        self.refused(2, "import", "two.npz", "--like", run, "-o", "b.h5", "--rename", "outptu=tail",
                     says="did you mean 'output'?")
        parts = {name.replace("head.", "output."): array for name, array in dict(one).items()}
        parts["output.weight"] = parts["output.weight"][:, 1:]
        numpy.savez(self.folder / "small.npz", **parts)
        self.refused(2, "import", "small.npz", "--like", run, "-o", "b.h5",
                     says=["does not fit the model", "output.weight [", "11] there"])
        self.run_it("import", "small.npz", "--like", run, "-o", "b.h5", "--partial")
        self.assertEqual(weights(self.folder / "b.h5")["output/W"].tobytes(), weights(run)["output/W"].tobytes())
        self.refused(2, "import", "two.npz", "--like", run, "-o", run, "--rename", "output=tail", says="exists already")

    def test_tokens_in_another_order(self):
        run = small_models.train(self, "lstm_two_layers")
        self.export(run, "--to", "torch", "-o", "w.npz")
        tensors = dict(numpy.load(self.folder / "w.npz"))
        vocabulary = json.loads(tensors["vocabulary"].tobytes())
        order = numpy.random.default_rng(1).permutation(len(vocabulary["tokens"]))
        tokens = [vocabulary["tokens"][i] for i in order]
        for name in ("embedding.weight", "output.weight", "output.bias"):
            tensors[name] = tensors[name][order]
        del tensors["vocabulary"]
        tensors["tokens"] = numpy.frombuffer(json.dumps(tokens).encode(), "u1")
        numpy.savez(self.folder / "other.npz", **tensors)
        self.run_it("import", "other.npz", "--like", run, "-o", "back.h5")
        for path, array in weights(run).items():
            self.assertEqual(weights(self.folder / "back.h5")[path].tobytes(), array.tobytes(), path)
        tokens[0] = "§"
        tensors["tokens"] = numpy.frombuffer(json.dumps(tokens).encode(), "u1")
        numpy.savez(self.folder / "other.npz", **tensors)
        self.refused(2, "import", "other.npz", "--like", run, "-o", "b.h5", says=["tokens are not those", "it lacks '"])

    def test_foreign_files(self):
        run = small_models.train(self, "gru")
        self.write("w.pt", b"\x80\x02}q\x00.")
        self.refused(4, "import", "w.pt", "--like", run, "-o", "b.h5", says=["torch.save", "save_file"])
        self.refused(4, "import", "lines.txt", "--like", run, "-o", "b.h5", says="is neither a safetensors file")
        self.refused(4, "import", "none.npz", "--like", run, "-o", "b.h5", says="none.npz")
        self.assertFalse((self.folder / "b.h5").exists())


if __name__ == "__main__":
    unittest.main()
