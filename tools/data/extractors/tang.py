"""Poems of fortunes-zh: between lines of %, coloured for terminals. A poem becomes a paragraph of
title, author and verses."""

import re

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def extract(paths, names):
    (path,) = paths
    (name,) = names
    text = COLOUR.sub("", path.read_text(encoding="utf-8"))
    poems = re.split(r"^%$", text, flags=re.MULTILINE)
    poems = [re.sub(r"\n\s*\n", "\n", poem.strip()) for poem in poems if poem.strip()]
    if not poems or not all(poem.startswith("《") for poem in poems):
        raise ValueError("a poem does not begin with its title")
    return {name: ("\n\n".join(poems) + "\n").encode()}
