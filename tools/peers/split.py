"""The splits `group` and `hash` of Unroll's datasets (framework/model/splitting.cpp), for peers to share."""
import csv
import pathlib

MASK = (1 << 64) - 1


def hash_of(text, value=0xcbf29ce484222325):
    """FNV-1a of the UTF-8 bytes, finished so that its high bits are well mixed."""
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001b3) & MASK
    value ^= value >> 32
    value = (value * 0xd6e8feb86659fd93) & MASK
    return value ^ value >> 32


def place(hashed):
    """Where in 0 ... 1 a hash stands, which decides the split: low ones train."""
    return (hashed >> 11) * 2.0 ** -53


def by_group(path, group, validation, seed=1):
    """The rows of a TSV file, training and validation; `group` is a column, from 0."""
    with pathlib.Path(path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    parts = ([], [])
    for row in rows:
        parts[place(hash_of(row[group], hash_of(str(seed)))) >= 1 - validation].append(row)
    return parts
