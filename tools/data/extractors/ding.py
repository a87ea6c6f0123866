"""Sentence pairs of the Ding dictionary, English then German.

A line is `German | German … :: English | English …`, its parts aligned. Taken are parts that are a
sentence on both sides, without the dictionary's marks: {grammar}, [domain], (what may be left out),
alternatives after ; and /, of which the first is taken.
"""

import re

from table import table

MOST_WORDS = 12
MARKS = re.compile(r"\{[^}]*\}|\[[^\]]*\]|<[^>]*>|/[A-Z.]{2,}/|\s*\([^)]*\)")
ALTERNATIVES = re.compile(r"(\S+?)/[^\s/,.!?]+(?:/[^\s/,.!?]+)*")
SENTENCE = re.compile(r"[A-ZÄÖÜ][A-Za-zÄÖÜäöüß ,.!?'-]+[.!?]")
# Somebody, something: words of a dictionary rather than of a sentence.
PLACEHOLDER = re.compile(r"\b(?:sb|sth|jd[mns]?|etw)\.")
PLAIN = str.maketrans({"’": "'", "‘": "'"})


def sentence(part):
    """The part as plain text where it is a sentence of 2 to MOST_WORDS words, else nothing."""
    if not any(mark in part for mark in ".!?"):
        return None  # most parts, quickly
    text = MARKS.sub(" ", part).split(";")[0].translate(PLAIN)
    text = " ".join(ALTERNATIVES.sub(r"\1", text).split())
    text = re.sub(r" ([.,!?])", r"\1", text)
    good = SENTENCE.fullmatch(text) and not PLACEHOLDER.search(text) and ".." not in text
    return text if good and 2 <= len(text.split()) <= MOST_WORDS else None


def extract(paths, names):
    (path,) = paths
    (name,) = names
    pairs = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or " :: " not in line:
            continue
        german, english = (side.split(" | ") for side in line.split(" :: ", 1))
        if len(german) != len(english):
            continue
        for pair in zip(map(sentence, english), map(sentence, german)):
            if all(pair):
                pairs[pair] = None
    if not pairs:
        raise ValueError("it has no pair of sentences")
    return {name: table(pairs)}
