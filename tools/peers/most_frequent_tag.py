"""Every word its most frequent tag: the figure that a tagger has to beat.

An unknown word gets the commonest tag of words with its last three letters, else of all words; on
the split of experiments/tag_brown.yaml, where the sentences of a text stay together.

    python3 tools/peers/most_frequent_tag.py ~/.cache/unroll/data/brown/brown.tsv

Prints the share of tags that are right, of all words and of those that are unknown.
"""
import argparse
import collections

import split


def commonest(counts):
    return {key: min(tags, key=lambda tag: (-tags[tag], tag)) for key, tags in counts.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("table", help="sentence, tags, genre, text")
    p.add_argument("--validation", type=float, default=0.1)
    a = p.parse_args()
    training, validation = split.by_group(a.table, 3, a.validation)
    tables = [collections.defaultdict(collections.Counter) for _ in range(3)]
    for words, tags, *_ in training:
        for word, tag in zip(words.split(), tags.split()):
            for table, key in zip(tables, (word, word[-3:], "")):
                table[key][tag] += 1
    by_word, by_ending, overall = map(commonest, tables)
    right, all_words = collections.Counter(), collections.Counter()
    for words, tags, *_ in validation:
        for word, tag in zip(words.split(), tags.split()):
            said = by_word.get(word) or by_ending.get(word[-3:]) or overall[""]
            for kind in ("all words",) if word in by_word else ("all words", "unknown words"):
                all_words[kind] += 1
                right[kind] += said == tag
    print(f"{len(training)} sentences to learn from, {len(validation)} to check on")
    for kind, count in all_words.items():
        print(f"{kind}: {right[kind] / count:.4f} of {count}")


if __name__ == "__main__":
    main()
