"""Files compressed with gzip, each under its own name without .gz."""

import gzip
import zlib


def extract(paths, names):
    contents = {}
    for path in paths:
        try:
            contents[path.name.removesuffix(".gz")] = gzip.decompress(path.read_bytes())
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path.name}: {error}") from error
    return {name: contents[name] for name in names if name in contents}
