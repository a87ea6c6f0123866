"""A character model in PyTorch: the yardstick for how fast Unroll trains and samples.

One-hot (or embedded) characters [T, N] -> stacked RNN, LSTM or GRU [T, N, H] -> linear [T, N, V] ->
cross entropy; windows of contiguous streams with the state carried, clipping by norm, Adam. Then
characters sampled one by one, with PyTorch's use of oneDNN and without; the faster one counts.

    python3 tools/peers/torch_char_lm.py CORPUS.txt --cell lstm --layers 1 --hidden 64

Prints one JSON object: tokens per second of the median training step after warm-up, microseconds
per sampled character, the last loss (nats) and the peak memory of the process, imports included.
"""
import argparse
import itertools
import json
import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def arguments():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("corpus")
    p.add_argument("--cell", choices=CELLS, default="lstm")
    p.add_argument("--layers", type=int, default=1)
    p.add_argument("--hidden", type=int, default=64)
    p.add_argument("--embed", type=int, default=0, help="embedding width; 0 feeds one-hot characters")
    p.add_argument("--window", type=int, default=100, help="characters a training step unrolls")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--seconds", type=float, default=8.0, help="train for about so long")
    p.add_argument("--warmup", type=int, default=3, help="training steps before the clock counts")
    p.add_argument("--sample", type=int, default=2000, help="characters to sample")
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    p.add_argument("--bf16", action="store_true", help="forward pass under bfloat16 autocast")
    return p.parse_args()


class CharacterModel(nn.Module):
    def __init__(self, a, V):
        super().__init__()
        self.V = V
        self.embed = nn.Embedding(V, a.embed) if a.embed else None
        self.recurrence = CELLS[a.cell](a.embed or V, a.hidden, a.layers)
        self.output = nn.Linear(a.hidden, V)

    def forward(self, ids, state):
        x = self.embed(ids) if self.embed else functional.one_hot(ids, self.V).float()
        y, state = self.recurrence(x, state)
        return self.output(y), state


def train(model, a, ids):
    """Seconds of each training step after the warm-up, and the last loss."""
    length = len(ids) // a.batch
    streams = ids[: length * a.batch].view(a.batch, length).t().contiguous()
    windows = range(0, length - a.window, a.window)
    if not windows:
        sys.exit(f"{a.corpus}: too short for {a.batch} streams of {a.window + 1} characters")
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    state, times, until = None, [], None
    for step, at in enumerate(itertools.cycle(windows)):
        if step == a.warmup:
            until = time.perf_counter() + a.seconds
        began = time.perf_counter()
        x, target = streams[at: at + a.window], streams[at + 1: at + 1 + a.window]
        state = detach(state) if at else None
        with torch.autocast("cpu", torch.bfloat16, enabled=a.bf16):
            logits, state = model(x, state)
            loss = functional.cross_entropy(logits.float().flatten(0, 1), target.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        now = time.perf_counter()
        if until:
            times.append(now - began)
            if now > until and len(times) >= 3:
                return times, loss.item()


def detach(state):
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


@torch.inference_mode()
def sample(model, first, count):
    """Seconds for each character drawn at temperature 0.8."""
    token, state = first.view(1, 1), None
    began = time.perf_counter()
    for _ in range(count):
        logits, state = model(token, state)
        token = torch.multinomial(torch.softmax(logits[-1] / 0.8, -1), 1)
        token.item()
    return (time.perf_counter() - began) / count


def main():
    a = arguments()
    torch.manual_seed(0)
    torch.set_num_threads(a.threads)
    with open(a.corpus, encoding="utf-8", newline="") as file:
        text = file.read()
    index = {c: i for i, c in enumerate(sorted(set(text)))}
    ids = torch.tensor([index[c] for c in text])
    model = CharacterModel(a, len(index))
    times, loss = train(model, a, ids)
    model.eval()
    sampled = []
    for one_dnn in (True, False):
        torch.backends.mkldnn.set_flags(one_dnn)
        sample(model, ids[0], 50)
        sampled.append(sample(model, ids[0], a.sample))
    print(json.dumps({
        "peer": f"torch {torch.__version__}", "threads": a.threads, "cell": a.cell,
        "layers": a.layers, "hidden": a.hidden, "embed": a.embed, "window": a.window,
        "batch": a.batch, "vocabulary": len(index), "bf16": a.bf16, "steps": len(times),
        "train_tokens_per_s": round(a.window * a.batch / statistics.median(times)),
        "sample_us_per_token": round(1e6 * min(sampled), 1), "final_loss": round(loss, 4),
        "peak_memory_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


if __name__ == "__main__":
    main()
