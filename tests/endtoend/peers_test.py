"""Exported models answer in onnxruntime, PyTorch and Keras as they do here, by the code of docs/exporting.md.

UNROLL_PEERS_PYTHON names a Python that has onnxruntime, torch, safetensors, keras, jax and tensorboard; without it this is skipped.
"""
import datetime
import json
import os
import re
import subprocess
import sys
import unittest

import h5py
import harness
import numpy
import small_models

PYTHON = os.environ.get("UNROLL_PEERS_PYTHON", "")
CLOSE = 1e-5

# What each script has: `cases`, {name: folder}; it prints {name: largest difference}.
BEGIN = """\
import json, sys
import numpy
cases, results = json.loads(sys.argv[1]), {}
"""
ONNX = BEGIN + """\
import onnxruntime
onnxruntime.set_default_logger_severity(3)

def difference(folder, given, wanted):
    def session(part=""):
        return onnxruntime.InferenceSession(f"{folder}/m{part}.onnx", providers=["CPUExecutionProvider"])
    names = {"labels": "label"}
    given = {names.get(k, k): v.astype("int64") if v.dtype.kind == "i" else v for k, v in given.items()}
    if "tokens" in given:
        encoder, decoder = session(".encoder"), session(".decoder")
        takes = {i.name for i in encoder.get_inputs()}
        fed = dict(zip([o.name for o in encoder.get_outputs()],
                       encoder.run(None, {k: v for k, v in given.items() if k in takes})))
        if "lengths" in given: fed["lengths"] = given["lengths"]
        shapes = {i.name: i.shape for i in decoder.get_inputs()}
        if "fed" in shapes: fed["fed"] = numpy.zeros((given["tokens"].shape[1], shapes["fed"][1]), "float32")
        steps = []
        for token in given["tokens"]:
            out = dict(zip([o.name for o in decoder.get_outputs()],
                           decoder.run(None, {k: v for k, v in {**fed, "token": token}.items() if k in shapes})))
            if "attention" in out: assert numpy.allclose(out["attention"].sum(0), 1, atol=1e-5)
            fed.update({k[:-2]: v for k, v in out.items() if k.endswith("_n")})
            steps.append(out["logits"])
        return abs(numpy.stack(steps) - wanted).max()
    model = session()
    takes = {i.name: i.shape for i in model.get_inputs()}
    if "h" not in takes:
        got = model.run(None, {k: v for k, v in given.items() if k in takes})[0]
        if got.ndim == 3:  # tags: what lies beyond a sequence's end has no meaning
            inside = numpy.arange(len(got))[:, None] < given["lengths"]
            got, wanted = got[inside], wanted[inside]
        assert got.shape == wanted.shape, (got.shape, wanted.shape)
        return abs(got - wanted).max() / max(1, abs(wanted).max() if "values" in model.get_outputs()[0].name else 1)
    zero = {k: numpy.zeros((s[0], given["ids"].shape[1], s[2]), "float32") for k, s in takes.items() if k != "ids"}
    whole = model.run(None, {"ids": given["ids"], **zero})[0]
    assert whole.shape == wanted.shape
    state, steps = zero, []
    for ids in given["ids"]:
        logits, *after = model.run(None, {"ids": ids[None], **state})
        state = dict(zip([k for k in takes if k != "ids"], after))
        steps.append(logits[0])
    return max(abs(whole - wanted).max(), abs(numpy.stack(steps) - wanted).max())

for name, folder in cases.items():
    results[name] = float(difference(folder, dict(numpy.load(f"{folder}/inputs.npz")), numpy.load(f"{folder}/logits.npy")))
print(json.dumps(results))
"""
TORCH = BEGIN + """\
import torch
loader = open(sys.argv[2]).read()
for name, folder in cases.items():
    space = {}
    exec(loader.replace("char_lstm.safetensors", f"{folder}/m.safetensors"), space)
    ids = torch.tensor(numpy.load(f"{folder}/inputs.npz")["ids"])
    with torch.no_grad():
        got, _ = space["logits"](ids)
    results[name] = float(abs(got.numpy() - numpy.load(f"{folder}/logits.npy")).max())
print(json.dumps(results))
"""
KERAS = BEGIN + """\
loader = open(sys.argv[2]).read()
for name, folder in cases.items():
    space = {}
    exec(loader.replace("char_lstm.keras.npz", f"{folder}/m.keras.npz"), space)
    ids = numpy.load(f"{folder}/inputs.npz")["ids"]
    got = numpy.asarray(space["model"](ids.T)).transpose(1, 0, 2)
    results[name] = float(abs(got - numpy.load(f"{folder}/logits.npy")).max())
print(json.dumps(results))
"""
TENSORBOARD = """\
import json, sys
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.util import tensor_util
found = {}
for split in ("train", "validation"):
    events = EventAccumulator(f"{sys.argv[1]}/{split}", size_guidance={"tensors": 0})
    events.Reload()
    tags = found[split] = {}
    for tag in events.Tags()["tensors"]:
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        tags[tag] = [[e.step, e.wall_time, plugin, tensor_util.make_ndarray(e.tensor_proto).tolist()
                      if plugin != "text" else [b.decode() for b in e.tensor_proto.string_val]]
                     for e in events.Tensors(tag)]
print(json.dumps(found))
"""
THEIR_OWN = BEGIN + """\
import torch
tokens = json.loads(sys.argv[3])
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = torch.nn.Embedding(len(tokens), 5)
        self.lstm = torch.nn.LSTM(5, 12, 2, batch_first=True)
        self.head = torch.nn.Linear(12, len(tokens))
    def forward(self, ids):
        return self.head(self.lstm(self.emb(ids))[0])
torch.manual_seed(3)
model = Model()
exec(open(sys.argv[2]).read())
with torch.no_grad():
    numpy.save("theirs.npy", model(torch.tensor(numpy.load("ids.npy").T)).numpy().transpose(1, 0, 2))
print("{}")
"""
SAMPLE = """\
import sys
space = {}
exec(open(sys.argv[1]).read().replace("char_lstm.onnx", sys.argv[2]), space)
print(space["text"], end="")
"""


def code_of(section):
    """The first Python block below a heading of the page."""
    page = (harness.ROOT / "docs/exporting.md").read_text(encoding="utf-8")
    return re.search(rf"^## {section}\n.*?^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL).group(1)


class Peers(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        small_models.write_data(self)

    def cases(self, names, form, ending):
        """Runs, exports, inputs and logits of each, in a folder of its own."""
        found = {}
        for name in names:
            run = small_models.train(self, name)
            folder = self.folder / name
            folder.mkdir()
            given = small_models.inputs(name, run)
            numpy.savez(folder / "inputs.npz", **given)
            numpy.save(folder / "logits.npy", small_models.own_logits(self, run, given))
            self.run_it("export", run, "--to", form, "-o", folder / f"m{ending}")
            found[name] = str(folder)
        return found

    def peer(self, script, *words):
        self.write("peer.py", script)
        environment = {**self.environment(), "KERAS_BACKEND": "jax", "PYTHONWARNINGS": "ignore"}
        done = subprocess.run([PYTHON, "peer.py", *map(str, words)], cwd=self.folder, capture_output=True,
                              encoding="utf-8", timeout=600 * harness.PATIENCE, env=environment)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return done.stdout

    def compare(self, script, cases, *words):
        found = json.loads(self.peer(script, json.dumps(cases), *words).splitlines()[-1])
        self.assertEqual(set(found), set(cases))
        for name, difference in found.items():
            print(f"{type(self).__name__} {self.id().rsplit('_', 1)[-1]}: {name} {difference:.1e}", file=sys.stderr)
        self.assertLess(max(found.values()), CLOSE, found)

    def test_onnx(self):
        self.compare(ONNX, self.cases(small_models.ALL, "onnx", ".onnx"))

    def test_torch(self):
        left_out = ("lstm_norm_residual", "lstm_peepholes", "lstm_projection_peepholes", "gru_reset_before")
        names = [name for name in small_models.GENERATORS if name not in left_out]
        loader = self.write("loader.py", code_of("PyTorch"))
        self.compare(TORCH, self.cases(names, "torch", ".safetensors"), loader)

    def test_keras(self):
        left_out = ("lstm_norm_residual", "lstm_peepholes", "lstm_projection", "lstm_projection_peepholes")
        names = [name for name in small_models.GENERATORS if name not in left_out]
        loader = self.write("loader.py", code_of("Keras"))
        self.compare(KERAS, self.cases(names, "keras", ".keras.npz"), loader)

    def test_tensorboard(self):
        self.experiment()
        self.run_it("small.yaml", "--quiet", "--set", "training.log_every=4")
        self.run_it("export", "runs/small.h5", "--to", "tensorboard")
        found = json.loads(self.peer(TENSORBOARD, "runs/small.tensorboard"))
        with h5py.File(self.folder / "runs/small.h5") as run:
            created = datetime.datetime.fromisoformat(run.attrs["created"].replace("Z", "+00:00")).timestamp()
            for split in ("train", "validation"):
                for name, column in run["metrics"][split].items():
                    if name == "step":
                        continue
                    ours = [(step, value) for step, value in zip(run["metrics"][split]["step"], column[()])
                            if not numpy.isnan(value)]
                    theirs = [(step, value) for step, _, plugin, value in found[split][name]]
                    self.assertEqual([step for step, _ in ours], [step for step, _ in theirs])
                    numpy.testing.assert_allclose([v for _, v in theirs], [v for _, v in ours], rtol=1e-6)
                    self.assertEqual({plugin for _, _, plugin, _ in found[split][name]}, {"scalars"})
            texts = ["    " + (prompt + text).replace("\n", "\n    ") for prompt, text in
                     zip(run["samples/prompt"].asstr(), run["samples/text"].asstr())]
            seconds = run["timing/train/seconds"][-1]
        shown = [text for tag, events in found["train"].items() if tag.startswith("samples/")
                 for _, _, plugin, (text,) in events if plugin == "text"]
        self.assertEqual(sorted(shown), sorted(texts))
        with h5py.File(self.folder / "runs/small.h5") as run:
            steps, counts = run["histograms/step"][()], run["histograms/weights/output/W/counts"][()]
        drawn = found["train"]["weights/output/W"]
        self.assertEqual([step for step, _, _, _ in drawn], list(steps))
        for (_, _, plugin, bins), ours in zip(drawn, counts):
            self.assertEqual(plugin, "histograms")
            self.assertAlmostEqual(sum(count for _, _, count in bins), ours.sum(), places=3)
        times = [time for events in found["train"].values() for _, time, _, _ in events]
        self.assertTrue(created <= min(times) and max(times) <= created + seconds + 0.001, times)

    def test_a_model_of_their_own_imported(self):
        small_models.train(self, "lstm_two_layers")
        with h5py.File(self.folder / "runs/lstm_two_layers.h5") as run:
            tokens = list(run["vocabulary/tokens"].asstr())
        order = numpy.random.default_rng(1).permutation(len(tokens))  # theirs stand in another order
        ids = numpy.random.default_rng(2).integers(0, len(tokens), (6, 3))
        numpy.save(self.folder / "ids.npy", ids)
        saver = self.write("saver.py", code_of("Importing"))
        self.peer(THEIR_OWN, "{}", saver, json.dumps([tokens[i] for i in order]))
        told = self.run_it("import", "mine.safetensors", "--like", "lstm_two_layers.yaml", "-o", "mine.h5")
        self.assertIn("11 of 11 tensors taken", told.stdout)
        self.assertEqual(told.stderr, "")
        ours = small_models.own_logits(self, self.folder / "mine.h5", {"ids": order[ids]})
        self.assertLess(abs(ours[:, :, order] - numpy.load(self.folder / "theirs.npy")).max(), CLOSE)

    def test_a_text_written_by_onnxruntime(self):
        run = small_models.train(self, "lstm_two_layers")
        self.run_it("export", run, "--to", "onnx", "-o", "m.onnx")
        ours = self.run_it("sample", run, "--prompt", "the ", "--length", "100", "--sampler", "greedy", "--json").stdout
        self.write("loader.py", code_of("ONNX"))
        self.assertEqual(self.peer(SAMPLE, "loader.py", "m.onnx"), json.loads(ours)[0]["text"])


if __name__ == "__main__":
    if not PYTHON:
        print("skipped: UNROLL_PEERS_PYTHON names no Python with onnxruntime, torch, keras and tensorboard")
        sys.exit(77)
    unittest.main()
