"""What the PyTorch peers share: a text as ids, a character model, one update of its weights.

One-hot (or embedded) characters [T, N] -> stacked RNN, LSTM or GRU [T, N, H] -> linear [T, N, V] ->
cross entropy; windows of contiguous streams with the state carried, clipping by norm, Adam. As
runexp does, with `training.scheme=streams` and the same sizes; denormal numbers are zero in both.
"""
import sys

import torch
from torch import nn
from torch.nn import functional

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
CLIP_NORM = 5.0


def add_sizes(parser):
    """The options of every peer; the defaults are the lesson's."""
    parser.add_argument("corpus", help="UTF-8 text")
    parser.add_argument("--cell", choices=CELLS, default="lstm")
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--window", type=int, default=100, help="characters a training step unrolls")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.01, help="of learning")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())


def prepare(threads):
    torch.manual_seed(1)
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)


def read(path):
    """The distinct characters, sorted, and the text as their places."""
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    characters = sorted(set(text))
    place = {c: i for i, c in enumerate(characters)}
    return characters, torch.tensor([place[c] for c in text])


def streams(ids, batch, window):
    """[length, N], and where its windows begin."""
    length = len(ids) // batch
    starts = range(0, (length - 1) // window * window, window)
    if not starts:
        sys.exit(f"the text is too short for {batch} streams of {window + 1} characters")
    return ids[: length * batch].view(batch, length).t().contiguous(), starts


class CharacterModel(nn.Module):
    def __init__(self, cell, characters, hidden, layers, embed=0):
        super().__init__()
        self.embed = nn.Embedding(characters, embed) if embed else None
        # Looked up, one-hot rows cost less than functional.one_hot and a conversion.
        self.register_buffer("one_hot", torch.eye(characters))
        self.recurrence = CELLS[cell](embed or characters, hidden, layers)
        self.output = nn.Linear(hidden, characters)

    def forward(self, ids, state):
        x = self.embed(ids) if self.embed else functional.embedding(ids, self.one_hot)
        y, state = self.recurrence(x, state)
        return self.output(y), state

    def loss(self, ids, targets, state):
        logits, state = self(ids, state)
        return functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten()), state


def adam(model, rate):
    return torch.optim.Adam(model.parameters(), rate, fused=True)


def detached(state):
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


class Update:
    """One update after another; `loss` computes that of a window, as the model does or compiled."""

    def __init__(self, model, loss, optimizer, bf16=False):
        self.model, self.loss, self.optimizer, self.bf16 = model, loss, optimizer, bf16
        self.state = None

    def __call__(self, text, at, window):
        ids, targets = text[at: at + window], text[at + 1: at + 1 + window]
        state = detached(self.state) if at else None
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            loss, self.state = self.loss(ids, targets, state)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP_NORM)
        self.optimizer.step()
        return loss
