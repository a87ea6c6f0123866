"""A translator in PyTorch: the yardstick for what seq2seq makes of a file of pairs.

A bidirectional GRU reads; a GRU with additive attention writes (Bahdanau et al. 2015), of the sizes
of experiments/translate_emoji_names.yaml by default and on its split: by the hash of what a pair
holds. Words are runs of letters and digits, or single marks; BLEU and chrF are sacreBLEU's where it
is installed, else the texts are for `--write` and other tools.

    python3 tools/peers/torch_translate.py emoji-names/hi.tsv --lowercase
    python3 tools/peers/torch_translate.py ding/ding.tsv --hidden 192 --embedding 128 --batch 64 \\
        --epochs 12 --minimum-count 2 --validation 0.05 --test 0.05 --smoothing 0.1

Prints one JSON object: the validation loss (nats a token), exact matches, BLEU and chrF of the test
pairs written greedily, and the seconds of training.
"""
import argparse
import collections
import json
import math
import re
import time

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

import split

PAD, UNKNOWN, BEGIN, END = range(4)


def arguments():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("pairs", help="TSV: what is read, what answers it")
    p.add_argument("--hidden", type=int, default=128)
    p.add_argument("--embedding", type=int, default=96)
    p.add_argument("--no-attention", action="store_true")
    p.add_argument("--input-dropout", type=float, default=0.2)
    p.add_argument("--output-dropout", type=float, default=0.3)
    p.add_argument("--smoothing", type=float, default=0)
    p.add_argument("--epochs", type=int, default=15)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--learning-rate", type=float, default=2e-3)
    p.add_argument("--lowercase", action="store_true", help="what is read")
    p.add_argument("--minimum-count", type=int, default=1)
    p.add_argument("--validation", type=float, default=0.1)
    p.add_argument("--test", type=float, default=0.1)
    p.add_argument("--longest", type=int, default=40, help="tokens written at most")
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--write", help="a file for the test pairs' answers")
    return p.parse_args()


def read_pairs(a):
    """Training, validation and test pairs."""
    trained, validated = 1 - a.validation - a.test, 1 - a.test
    splits = [], [], []
    with open(a.pairs, encoding="utf-8") as lines:
        for line in lines:
            source, target = line.rstrip("\n").split("\t")[:2]
            at = split.place(split.hash_of(f"{source}\x1f{target}"))
            which = 0 if at < trained - 1e-12 else 1 if at < validated - 1e-12 else 2
            splits[which].append((source.lower() if a.lowercase else source, target))
    return splits


def cut(text):
    """Words with the marks that Hindi puts on letters, and every other sign alone."""
    return re.findall(r"[\w\u0900-\u0963'\u200c\u200d]+|[^\w\s]", text)


def learn_words(texts, minimum):
    counts = collections.Counter(word for text in texts for word in cut(text))
    words = sorted(word for word in counts if counts[word] >= minimum)
    return {word: index for index, word in enumerate(words, END + 1)}


def ids(text, words):
    return torch.tensor([words.get(word, UNKNOWN) for word in cut(text)])


class Translator(nn.Module):
    def __init__(self, a, read, written):
        super().__init__()
        E, H = a.embedding, a.hidden
        self.a = a
        self.source = nn.Embedding(read, E, PAD)
        self.target = nn.Embedding(written, E, PAD)
        nn.init.normal_(self.target.weight, 0, E**-0.5)  # it is the output's too
        self.encoder = nn.GRU(E, H, bidirectional=True)
        self.bridge = nn.Linear(2 * H, H)
        seen = 0 if a.no_attention else 2 * H
        if seen:
            self.query = nn.Linear(H, H, bias=False)
            self.key = nn.Linear(2 * H, H, bias=False)
            self.score = nn.Linear(H, 1, bias=False)
        self.decoder = nn.GRUCell(E + seen, H)
        self.layer = nn.Linear(H + (seen + E if seen else 0), E)
        self.bias = nn.Parameter(torch.zeros(written))

    def read(self, source, lengths):
        """[S, N] -> what the decoder begins with and looks at."""
        x = functional.dropout(self.source(source), self.a.input_dropout, self.training)
        packed, last = self.encoder(pack_padded_sequence(x, lengths, enforce_sorted=False))
        memory, _ = pad_packed_sequence(packed)
        state = torch.tanh(self.bridge(torch.cat([last[0], last[1]], 1)))
        if self.a.no_attention:
            return state, None
        padding = torch.arange(len(memory))[:, None] >= lengths[None]
        return state, (memory, self.key(memory), padding)

    def step(self, token, state, looked_at):
        x = functional.dropout(self.target(token), self.a.input_dropout, self.training)
        parts = [x]
        if looked_at:
            memory, keys, padding = looked_at
            scores = self.score(torch.tanh(keys + self.query(state))).squeeze(2)
            weights = scores.masked_fill(padding, -math.inf).softmax(0)
            parts.append((weights[..., None] * memory).sum(0))
        state = self.decoder(torch.cat(parts, 1), state)
        y = torch.tanh(self.layer(torch.cat([state, *parts[::-1]], 1) if looked_at else state))
        return functional.dropout(y, self.a.output_dropout, self.training), state

    def logits(self, y):
        return y @ self.target.weight.T + self.bias

    def loss(self, batch, smoothing=0.0):
        """Summed nats of the targets and their number."""
        source, lengths, target = batch
        state, looked_at = self.read(source, lengths)
        previous = torch.cat([torch.full_like(target[:1], BEGIN), target[:-1]])
        steps = []
        for token in previous:
            y, state = self.step(token, state, looked_at)
            steps.append(y)
        total = functional.cross_entropy(self.logits(torch.stack(steps)).flatten(0, 1),
                                         target.flatten(), ignore_index=PAD, reduction="sum",
                                         label_smoothing=smoothing)
        return total, int((target != PAD).sum())

    @torch.no_grad()
    def write(self, batch, longest):
        """The likeliest next word, over and over: lists of ids."""
        source, lengths, _ = batch
        state, looked_at = self.read(source, lengths)
        token = torch.full((source.shape[1],), BEGIN)
        steps = []
        for _ in range(longest):
            y, state = self.step(token, state, looked_at)
            scores = self.logits(y)
            scores[:, [PAD, UNKNOWN, BEGIN]] = -math.inf
            token = scores.argmax(1)
            steps.append(token)
        return [row[: row.index(END)] if END in row else row
                for row in torch.stack(steps, 1).tolist()]


def batches(pairs, words, size, shuffle):
    """Pairs of like length side by side: (source [S, N], lengths, target [U, N])."""
    encoded = [(ids(s, words[0]), torch.cat([ids(t, words[1]), torch.tensor([END])]))
               for s, t in pairs]
    order = torch.randperm(len(pairs)).tolist() if shuffle else range(len(pairs))
    pool = 50 * size if shuffle else len(pairs)
    order = list(order)
    groups = []
    for begin in range(0, len(order), pool):
        part = sorted(order[begin: begin + pool], key=lambda i: -len(encoded[i][0]))
        groups += [part[i: i + size] for i in range(0, len(part), size)]
    if shuffle:
        groups = [groups[i] for i in torch.randperm(len(groups)).tolist()]
    for group in groups:
        source, target = [encoded[i][0] for i in group], [encoded[i][1] for i in group]
        yield group, (pad_sequence(source), torch.tensor([len(s) for s in source]),
                      pad_sequence(target))


def train(model, a, pairs, words):
    optimizer = torch.optim.Adam(model.parameters(), a.learning_rate)
    total, step = a.epochs * math.ceil(len(pairs) / a.batch), 0
    for _ in range(a.epochs):
        for _, batch in batches(pairs, words, a.batch, shuffle=True):
            share = 0.02 + 0.98 * (1 + math.cos(math.pi * step / total)) / 2
            optimizer.param_groups[0]["lr"] = a.learning_rate * share
            optimizer.zero_grad()
            loss, counted = model.loss(batch, a.smoothing)
            (loss / counted).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1


def join(tokens):
    return re.sub(r" ([,.:;!?)\]])", r"\1", " ".join(tokens))


def main():
    a = arguments()
    torch.manual_seed(a.seed)
    torch.set_num_threads(a.threads)
    trained, validation, test = read_pairs(a)
    words = [learn_words([pair[side] for pair in trained], a.minimum_count) for side in (0, 1)]
    model = Translator(a, *(END + 1 + len(known) for known in words))
    began = time.process_time(), time.perf_counter()
    train(model, a, trained, words)
    user, seconds = time.process_time() - began[0], time.perf_counter() - began[1]
    model.eval()
    with torch.no_grad():
        sums = [model.loss(batch) for _, batch in batches(validation, words, 128, shuffle=False)]
    names = {index: word for word, index in words[1].items()}
    written = [""] * len(test)
    for group, batch in batches(test, words, 128, shuffle=False):
        for place_of, row in zip(group, model.write(batch, a.longest)):
            written[place_of] = join([names[index] for index in row])
    expected = [target for _, target in test]
    figures = {
        "pairs": [len(trained), len(validation), len(test)],
        "words": [len(known) for known in words],
        "parameters": sum(p.numel() for p in model.parameters()),
        "validation_loss": sum(float(t) for t, _ in sums) / sum(n for _, n in sums),
        "exact_match": sum(w == e for w, e in zip(written, expected)) / len(test),
        "seconds": seconds,
        "processor_seconds": user,
    }
    try:
        import sacrebleu
        figures["bleu"] = sacrebleu.corpus_bleu(written, [expected]).score
        figures["chrf"] = sacrebleu.corpus_chrf(written, [expected]).score
    except ImportError:
        pass
    if a.write:
        with open(a.write, "w", encoding="utf-8") as lines:
            lines.writelines(f"{text}\n" for text in written)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
