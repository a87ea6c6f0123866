"""A source that is itself the one file."""


def extract(paths, names):
    (path,) = paths
    (name,) = names
    return {name: path.read_bytes()}
