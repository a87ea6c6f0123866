"""Naive Bayes: the figure that a recurrent classifier of short texts has to beat.

Multinomial with add-one smoothing, over lower-cased words, or words and pairs of neighbours; on the
split of experiments/classify_sections.yaml.

    python3 tools/peers/naive_bayes.py ~/.cache/unroll/data/debian-sections/debian-sections.tsv

Prints the accuracy, the macro F1 and the mean recall of the classes with either set of features.
"""
import argparse
import collections
import math
import re

import split


def features(text, pairs):
    words = re.findall(r"\w+", text.lower())
    return words + ([f"{a} {b}" for a, b in zip(words, words[1:])] if pairs else [])


def train(rows, pairs):
    """For each class its log prior and the log probabilities of features, and that of any other."""
    counts, classes = collections.defaultdict(collections.Counter), collections.Counter()
    for label, text, *_ in rows:
        classes[label] += 1
        counts[label].update(features(text, pairs))
    vocabulary = len(set().union(*counts.values()))
    model = {}
    for label, seen in counts.items():
        total = math.log(sum(seen.values()) + vocabulary)
        model[label] = (math.log(classes[label] / len(rows)),
                        {name: math.log(n + 1) - total for name, n in seen.items()}, -total)
    return model, set().union(*counts.values())


def classify(model, vocabulary, text, pairs):
    known = [name for name in features(text, pairs) if name in vocabulary]
    return max(model, key=lambda label: model[label][0] + sum(
        model[label][1].get(name, model[label][2]) for name in known))


def figures(pairs):
    """Accuracy, macro F1 and mean recall of (expected, said)."""
    hits = collections.Counter(e for e, s in pairs if e == s)
    expected, said = (collections.Counter(column) for column in zip(*pairs))
    f1 = [2 * hits[c] / (expected[c] + said[c]) for c in expected]
    recall = [hits[c] / expected[c] for c in expected]
    return sum(hits.values()) / len(pairs), sum(f1) / len(f1), sum(recall) / len(recall)


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("table", help="label, text, group")
    p.add_argument("--validation", type=float, default=0.2)
    a = p.parse_args()
    training, validation = split.by_group(a.table, 2, a.validation)
    print(f"{len(training)} to learn from, {len(validation)} to check on")
    for pairs in (False, True):
        model, vocabulary = train(training, pairs)
        found = [(row[0], classify(model, vocabulary, row[1], pairs)) for row in validation]
        print("words and pairs" if pairs else "words          ",
              "accuracy {:.4f}  macro F1 {:.4f}  mean recall {:.4f}".format(*figures(found)))


if __name__ == "__main__":
    main()
