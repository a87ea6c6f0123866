"""Captions of pictures in PyTorch: the yardstick for experiments/caption_*.yaml.

The same pictures, splits and sizes: a convolutional network gives a vector v, of which tanh(v W + b)
is a GRU's first state; every step reads the token before, embedded, and v. AdamW with a cosine
schedule, clipping by norm, dropout. Captions of the held-out pictures are then written greedily.

    python3 tools/peers/torch_caption.py FOLDER --split 9    (that of images.idx and one table)

Prints one JSON object: the share of captions of each held-out split that are right as a whole, the
seconds of training, the parameters.
"""
import argparse
import json
import pathlib
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

BEGIN, END = 0, 1


def arguments():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--text", type=int, default=1, help="column of the captions, from 1")
    p.add_argument("--split", type=int, default=9, help="column that says train, validation, test")
    p.add_argument("--channels", type=int, nargs="+", default=[32, 64, 128])
    p.add_argument("--normalisation", choices=["none", "batch"], default="batch")
    p.add_argument("--width", type=int, default=256)
    p.add_argument("--hidden", type=int, default=256)
    p.add_argument("--embedding", type=int, default=64)
    p.add_argument("--encoder-dropout", type=float, default=0.2)
    p.add_argument("--output-dropout", type=float, default=0.3)
    p.add_argument("--shift", type=int, default=0, help="pixels that training pictures may move")
    p.add_argument("--flip", action="store_true", help="mirror half of the training pictures")
    p.add_argument("--epochs", type=int, default=30)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--learning-rate", type=float, default=1e-3)
    p.add_argument("--weight-decay", type=float, default=0.0)
    p.add_argument("--clip-norm", type=float, default=2.0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    return p.parse_args()


def read_pictures(path):
    """IDX: two zero bytes, the type, the dimensions' number, the dimensions, the bytes."""
    content = path.read_bytes()
    rank = content[3]
    shape = numpy.frombuffer(content, ">i4", rank, 4)
    pixels = numpy.frombuffer(content, "u1", offset=4 + 4 * rank).reshape(shape)
    return torch.from_numpy(pixels.copy()).float() / 255


class Captioner(nn.Module):
    def __init__(self, a, picture, vocabulary):
        super().__init__()
        blocks, before = [], picture[0]
        for channels in a.channels:
            normal = a.normalisation == "batch"
            blocks += [nn.Conv2d(before, channels, 3, padding=1, bias=not normal),
                       nn.BatchNorm2d(channels) if normal else nn.Identity(), nn.ReLU(),
                       nn.MaxPool2d(2)]
            before = channels
        pixels = before * (picture[1] >> len(a.channels)) * (picture[2] >> len(a.channels))
        self.encoder = nn.Sequential(*blocks, nn.Flatten(), nn.Dropout(a.encoder_dropout),
                                     nn.Linear(pixels, a.width))
        self.start = nn.Linear(a.width, a.hidden)
        self.embedding = nn.Embedding(vocabulary, a.embedding)
        self.cell = nn.GRU(a.embedding + a.width, a.hidden)
        self.dropout = nn.Dropout(a.output_dropout)
        self.output = nn.Linear(a.hidden, vocabulary)

    def step(self, tokens, v, state):
        """tokens [T, N], v [N, W] -> logits [T, N, V]."""
        x = torch.cat([self.embedding(tokens), v.expand(len(tokens), *v.shape)], -1)
        y, state = self.cell(x, state)
        return self.output(self.dropout(y)), state

    def begin(self, pictures):
        v = self.encoder(pictures)
        return v, torch.tanh(self.start(v))[None]

    @torch.inference_mode()
    def write(self, pictures, steps=20):
        v, state = self.begin(pictures)
        token, tokens = torch.full((1, len(pictures)), BEGIN), []
        for _ in range(steps):
            logits, state = self.step(token, v, state)
            token = logits.argmax(-1)
            tokens.append(token)
        return torch.cat(tokens)


def shifted(pictures, most):
    """Each moved by up to so many pixels, its edges repeated."""
    if most == 0:
        return pictures
    wide = functional.pad(pictures, [most] * 4, mode="replicate")
    rows, columns = pictures.shape[2:]
    at = torch.randint(0, 2 * most + 1, (len(pictures), 2))
    return torch.stack([p[:, i:i + rows, j:j + columns] for p, (i, j) in zip(wide, at.tolist())])


def mirrored(pictures):
    """Each left to right, or not."""
    turned = torch.rand(len(pictures), 1, 1, 1) < 0.5
    return torch.where(turned, pictures.flip(3), pictures)


def main():
    a = arguments()
    torch.manual_seed(a.seed)
    torch.set_num_threads(a.threads)
    pictures = read_pictures(a.folder / "images.idx")
    (table,) = a.folder.glob("*.tsv")
    rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    splits = {name: [i for i, row in enumerate(rows) if row[a.split - 1] == name]
              for name in ("train", "validation", "test")}
    captions = [row[a.text - 1].split() for row in rows]
    words = sorted({word for i in splits["train"] for word in captions[i]})
    ids = {word: 2 + i for i, word in enumerate(words)}
    model = Captioner(a, pictures.shape[1:], 2 + len(words))
    optimizer = torch.optim.AdamW(model.parameters(), a.learning_rate,
                                  weight_decay=a.weight_decay)
    steps = a.epochs * -(-len(splits["train"]) // a.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    began = time.perf_counter()
    for _ in range(a.epochs):
        order = torch.tensor(splits["train"])[torch.randperm(len(splits["train"]))]
        for batch in order.split(a.batch):
            targets = nn.utils.rnn.pad_sequence(
                [torch.tensor([ids[word] for word in captions[i]] + [END]) for i in batch],
                padding_value=-1)
            before = torch.cat([torch.full((1, len(batch)), BEGIN), targets[:-1].clamp(min=0)])
            seen = mirrored(pictures[batch]) if a.flip else pictures[batch]
            v, state = model.begin(shifted(seen, a.shift))
            logits, _ = model.step(before, v, state)
            loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(),
                                            ignore_index=-1)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), a.clip_norm)
            optimizer.step()
            schedule.step()
    seconds = time.perf_counter() - began
    model.eval()
    exact = {}
    for name in ("validation", "test"):
        written = model.write(pictures[splits[name]]).t().tolist()
        right = 0
        for i, tokens in zip(splits[name], written):
            text = tokens[:tokens.index(END)] if END in tokens else tokens
            right += [words[token - 2] if token > END else "" for token in text] == captions[i]
        exact[name] = round(right / len(splits[name]), 4)
    print(json.dumps({"peer": f"torch {torch.__version__}", "threads": a.threads,
                      "exact": exact, "loss": round(loss.item(), 4), "seconds": round(seconds, 1),
                      "parameters": sum(p.numel() for p in model.parameters())}))


if __name__ == "__main__":
    main()
