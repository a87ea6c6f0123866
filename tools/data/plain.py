"""A source that is itself the one file."""


def extract(path, names):
    (name,) = names
    return {name: path.read_bytes()}
