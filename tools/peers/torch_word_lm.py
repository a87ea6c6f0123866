"""The model of experiments/word_lstm.yaml in PyTorch, of the same size on the same tokens and split.

Words -> embedding [T, N, E] -> LSTM [T, N, E] -> dropout -> linear tied to the embedding [T, N, V] ->
cross entropy; windows of contiguous streams with the state carried, clipping by norm, Adam with a
cosine schedule. Every text is read once to validate, from a zero state carried through it.

    python3 tools/peers/torch_word_lm.py build/bin/cut_words ~/.cache/unroll/data/alice/*.txt \\
        ~/.cache/unroll/data/austen/*.txt

cut_words is tools/peers/cut_words.cpp. Prints the validation loss and perplexity after every epoch.
"""
import argparse
import collections
import math
import pathlib
import subprocess
import time

import torch
from torch import nn
from torch.nn import functional


def arguments():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cut_words", help="the program that cuts a text into tokens")
    p.add_argument("texts", nargs="+")
    p.add_argument("--minimum-count", type=int, default=5)
    p.add_argument("--hidden", type=int, default=200)
    p.add_argument("--dropout", type=float, default=0.2)
    p.add_argument("--epochs", type=int, default=4)
    p.add_argument("--batch", type=int, default=20)
    p.add_argument("--window", type=int, default=35)
    p.add_argument("--rate", type=float, default=3e-3)
    p.add_argument("--clip", type=float, default=5.0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    return p.parse_args()


class WordModel(nn.Module):
    def __init__(self, words, width, dropout):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        nn.init.normal_(self.embed.weight, 0, width ** -0.5)
        self.recurrence = nn.LSTM(width, width)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(width, words)
        self.output.weight = self.embed.weight
        nn.init.zeros_(self.output.bias)

    def forward(self, ids, state=None):
        y, state = self.recurrence(self.embed(ids), state)
        return self.output(self.dropout(y)), state


def parts(path, validation=0.1):
    """The first nine tenths of a text by bytes, and the rest, cut between code points."""
    text = pathlib.Path(path).read_bytes()
    at = math.floor(len(text) * (1 - validation) + 1e-6)
    while at < len(text) and text[at] & 0xC0 == 0x80:
        at += 1
    return text[:at], text[at:]


def tokens(program, text):
    cut = subprocess.run([program], input=text, capture_output=True, check=True).stdout
    return cut.decode().split("\0")[:-1]


def loss_of(model, ids, state=None):
    logits, state = model(ids[:-1], state)
    return functional.cross_entropy(logits.flatten(0, 1), ids[1:].flatten()), state


@torch.inference_mode()
def evaluate(model, texts):
    """Mean nats a token."""
    model.eval()
    nats, count = 0.0, 0
    for ids in texts:
        state = None
        for at in range(0, len(ids) - 1, 500):
            window = ids[at: at + 501].unsqueeze(1)
            loss, state = loss_of(model, window, state)
            nats += loss.item() * (len(window) - 1)
            count += len(window) - 1
    return nats / count


def main():
    a = arguments()
    torch.manual_seed(a.seed)
    torch.set_num_threads(a.threads)
    cut = [[tokens(a.cut_words, part) for part in parts(path)] for path in a.texts]
    counts = collections.Counter(word for training, _ in cut for word in training)
    known = sorted(word for word, count in counts.items() if count >= a.minimum_count)
    index = {word: id for id, word in enumerate(known, 1)}  # 0: unknown
    encode = lambda words: torch.tensor([index.get(word, 0) for word in words])
    training = torch.cat([encode(part) for part, _ in cut])
    validation = [encode(part) for _, part in cut]
    print(f"{len(known)} words, {len(training)} tokens to learn from, "
          f"{sum(map(len, validation)) - len(validation)} to check on", flush=True)
    length = len(training) // a.batch
    streams = training[: length * a.batch].view(a.batch, length).t().contiguous()
    model = WordModel(len(known) + 1, a.hidden, a.dropout)
    optimizer = torch.optim.Adam(model.parameters(), a.rate)
    starts = range(0, length - 1, a.window)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, a.epochs * len(starts))
    for epoch in range(1, a.epochs + 1):
        model.train()
        state = None
        for at in starts:
            state = tuple(s.detach() for s in state) if state else None
            optimizer.zero_grad()
            loss, state = loss_of(model, streams[at: at + a.window + 1], state)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), a.clip)
            optimizer.step()
            schedule.step()
        loss = evaluate(model, validation)
        print(f"epoch {epoch}  loss {loss:.4f}  perplexity {math.exp(loss):.2f}  "
              f"{time.process_time():.0f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
