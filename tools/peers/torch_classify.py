"""The classifier of experiments/classify_sections.yaml in PyTorch, of the same size on its split.

Words -> embedding [T, N, E] -> bidirectional GRU [T, N, 2H], packed -> mean, maximum or attention over
the steps that count [N, 2H] -> linear [N, C]. Dropout before and after the recurrence, Adam with a
cosine schedule, clipping by norm, batches of sentences of like length.

    python3 tools/peers/torch_classify.py ~/.cache/unroll/data/debian-sections/debian-sections.tsv

Prints the loss, accuracy and macro F1 on the validation split after every epoch.
"""
import argparse
import collections
import math
import re

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import rnn

import naive_bayes
import split


def arguments():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("table", help="label, text, group")
    p.add_argument("--validation", type=float, default=0.2)
    p.add_argument("--hidden", type=int, default=128)
    p.add_argument("--embedding", type=int, default=128)
    p.add_argument("--pool", choices=("mean", "max", "attention"), default="attention")
    p.add_argument("--dropout", type=float, default=0.5, help="of the input and of the output")
    p.add_argument("--epochs", type=int, default=10)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--rate", type=float, default=4e-3)
    p.add_argument("--clip", type=float, default=2.0)
    p.add_argument("--minimum-count", type=int, default=2)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    return p.parse_args()


class Classifier(nn.Module):
    def __init__(self, a, words, classes):
        super().__init__()
        self.pool = a.pool
        self.embed = nn.Embedding(words, a.embedding)
        self.recurrence = nn.GRU(a.embedding, a.hidden, bidirectional=True)
        self.output = nn.Linear(2 * a.hidden, classes)
        self.attention = nn.Sequential(nn.Linear(2 * a.hidden, 2 * a.hidden), nn.Tanh(),
                                       nn.Linear(2 * a.hidden, 1, bias=False))
        self.dropout = nn.Dropout(a.dropout)

    def forward(self, ids, lengths):
        packed = rnn.pack_padded_sequence(self.dropout(self.embed(ids)), lengths)
        y, _ = rnn.pad_packed_sequence(self.recurrence(packed)[0])
        counts = (torch.arange(len(ids)).unsqueeze(1) < lengths).unsqueeze(2)
        if self.pool == "max":
            z = y.masked_fill(~counts, -math.inf).amax(0)
        elif self.pool == "mean":
            z = y.sum(0) / lengths.unsqueeze(1)
        else:
            weights = self.attention(y).masked_fill(~counts, -math.inf).softmax(0)
            z = (weights * y).sum(0)
        return self.output(self.dropout(z))


def encode(rows, vocabulary, classes):
    """Ids and class of each row; words and marks are tokens."""
    return [(torch.tensor([vocabulary.get(word, 0) for word in cut(text)]), classes.index(label))
            for label, text, *_ in rows]


def cut(text):
    return re.findall(r"\w+|[^\w\s]", text.lower()) or ["?"]


def batches(examples, size, shuffle):
    """[T, N] ids, longest first, their lengths and classes; of like length, in any order."""
    order = torch.randperm(len(examples)).tolist() if shuffle else range(len(examples))
    order = sorted(order, key=lambda i: -len(examples[i][0]))
    groups = [order[at: at + size] for at in range(0, len(order), size)]
    for g in torch.randperm(len(groups)).tolist() if shuffle else range(len(groups)):
        chosen = [examples[i] for i in groups[g]]
        yield (rnn.pad_sequence([ids for ids, _ in chosen]),
               torch.tensor([len(ids) for ids, _ in chosen]),
               torch.tensor([label for _, label in chosen]))


@torch.inference_mode()
def evaluate(model, examples):
    model.eval()
    loss, found = 0.0, []
    for ids, lengths, labels in batches(examples, 256, False):
        logits = model(ids, lengths)
        loss += functional.cross_entropy(logits, labels, reduction="sum").item()
        found += zip(labels.tolist(), logits.argmax(1).tolist())
    accuracy, macro_f1, _ = naive_bayes.figures(found)
    return loss / len(examples), accuracy, macro_f1


def main():
    a = arguments()
    torch.manual_seed(a.seed)
    torch.set_num_threads(a.threads)
    training, validation = split.by_group(a.table, 2, a.validation)
    counts = collections.Counter(word for _, text, *_ in training for word in cut(text))
    known = sorted(word for word, count in counts.items() if count >= a.minimum_count)
    vocabulary = {word: id for id, word in enumerate(known, 1)}
    classes = sorted({row[0] for row in training})
    training, validation = (encode(part, vocabulary, classes) for part in (training, validation))
    model = Classifier(a, len(known) + 1, len(classes))
    optimizer = torch.optim.Adam(model.parameters(), a.rate)
    steps = a.epochs * math.ceil(len(training) / a.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    print(f"{len(known)} words, {sum(p.numel() for p in model.parameters())} parameters")
    for epoch in range(1, a.epochs + 1):
        model.train()
        for ids, lengths, labels in batches(training, a.batch, True):
            optimizer.zero_grad()
            functional.cross_entropy(model(ids, lengths), labels).backward()
            nn.utils.clip_grad_norm_(model.parameters(), a.clip)
            optimizer.step()
            schedule.step()
        print("epoch {:2}  loss {:.4f}  accuracy {:.4f}  macro F1 {:.4f}".format(
            epoch, *evaluate(model, validation)), flush=True)


if __name__ == "__main__":
    main()
