"""A recurrent cell written as plain steps in PyTorch: the minimal gated unit, as plugins/cells/mgu.cpp.

    f = sigmoid(x Wf + h Uf + bf)    h~ = tanh(x Wh + (f * h) Uh + bh)    h' = f * h~ + (1 - f) * h

    python3 tools/peers/torch_step_cell.py CORPUS.txt

The input's product is looked up for all steps at once, since it is one-hot; autograd does the rest.
Otherwise as torch_char_lm.py, whose form the JSON has that it prints.
"""
import argparse
import functools
import json

import torch
from torch import nn
from torch.nn import functional

import torch_characters as characters
import torch_timing as timing

# way: step compiled?, memory kept?
WAYS = {"eager": (False, False), "compiled step": (True, False), "eager, memory kept": (False, True)}


def step(a, h, u_f, u_h):
    """a [N, 2H], h [N, H] -> h' [N, H]"""
    a_f, a_h = a.chunk(2, 1)
    f = torch.sigmoid(torch.addmm(a_f, h, u_f))
    candidate = torch.tanh(torch.addmm(a_h, f * h, u_h))
    return torch.lerp(h, candidate, f)


class StepModel(nn.Module):
    def __init__(self, count, hidden, compiled):
        super().__init__()
        self.w = nn.Parameter(torch.empty(count, 2 * hidden).uniform_(-0.1, 0.1))
        self.b = nn.Parameter(torch.cat([torch.ones(hidden), torch.zeros(hidden)]))
        self.u_f = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden, hidden)))
        self.u_h = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden, hidden)))
        self.output = nn.Linear(hidden, count)
        self.step = torch.compile(step) if compiled else step

    def loss(self, ids, targets, state):
        h = ids.new_zeros(ids.shape[1], self.u_f.shape[0], dtype=torch.float32) if state is None else state
        outputs = []
        for a in (functional.embedding(ids, self.w) + self.b).unbind(0):
            h = self.step(a, h, self.u_f, self.u_h)
            outputs.append(h)
        logits = self.output(torch.stack(outputs))
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten()), h


def train(a, count, text, starts, way):
    """Characters a second, and the last loss."""
    compiled, keep = WAYS[way]
    if keep:
        timing.keep_memory()
    torch.manual_seed(1)
    model = StepModel(count, a.hidden, compiled)
    update = characters.Update(model, model.loss, characters.adam(model, a.rate))
    seconds, loss = timing.step_seconds(update, text, starts, a.window, a.seconds)
    return a.window * a.batch / seconds, loss


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    characters.add_sizes(p)
    timing.add_options(p)
    a = p.parse_args()
    if a.layers != 1:
        p.error("there is one layer")
    characters.prepare(a.threads)
    known, ids = characters.read(a.corpus)
    text, starts = characters.streams(ids, a.batch, a.window)
    found = {"peer": f"torch {torch.__version__}", "cell": "mgu", "vocabulary": len(known),
             "train_tokens_per_s": {"f32": {}}, "loss": {"f32": {}}, "failed": {}}
    for way in WAYS:
        done = timing.tried(found["failed"], a.limit, way,
                            functools.partial(train, a, len(known), text, starts, way))
        if done is not None:
            found["train_tokens_per_s"]["f32"][way] = round(done[0])
            found["loss"]["f32"][way] = round(done[1], 4)
            found.setdefault("peak_memory_bytes", timing.peak_memory())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
