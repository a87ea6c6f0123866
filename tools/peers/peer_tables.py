"""The figures of tools/bench-peers as Markdown tables: medians of turns, and how many times better."""
import statistics

HEAD = """\
Unroll beside {peer}, {processor}, {threads} threads; medians of {runs} alternating runs.

PyTorch: the best of the ways that it offers as it is installed (eager and compiled, oneDNN on and off).
Tuned: what more can be had by hand, an allocator that keeps memory, or a step written out, traced or
compiled. A ratio above 1: Unroll is so many times faster, or smaller."""


def tuned(way):
    """Is it a way that PyTorch does not offer as it is installed?"""
    return "memory kept" in way or "step" in way


def at(found, path):
    """What lies below these keys, or nothing."""
    for key in path:
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return found


def median(turns, *path):
    values = [value for turn in turns if (value := at(turn, path)) is not None]
    return statistics.median(values) if values else None


def best(turns, path, by_hand, better):
    """The best way below this key of theirs and its median, or (None, None)."""
    ways = {way for turn in turns for way in at(turn, ("theirs", *path)) or {} if tuned(way) == by_hand}
    medians = {way: median(turns, "theirs", *path, way) for way in ways}
    return better(medians.items(), key=lambda item: item[1]) if medians else (None, None)


def table(columns, lines):
    """The first column is text, the others numbers."""
    return "\n".join([f"| {' | '.join(columns)} |", "| --- " + "| ---: " * (len(columns) - 1) + "|",
                      *(f"| {' | '.join(line)} |" for line in lines)])


def number(value, digits=0):
    return f"{value:,.{digits}f}" if value is not None else "—"


def ratio(a, b):
    return f"{a / b:.2f}" if a and b else "—"


def beside(turns, who, own_key, path, smaller=False):
    """Ours, theirs as installed and the ratio, theirs tuned and the ratio."""
    own, digits = median(turns, who, own_key), 2 if smaller else 0
    cells = [number(own, digits)]
    for by_hand in (False, True):
        way, other = best(turns, path, by_hand, min if smaller else max)
        cells += [f"{number(other, digits)} ({way})" if way else "—",
                  ratio(other, own) if smaller else ratio(own, other)]
    return cells


def percent(value):
    return f"{100 * value:.0f} %" if value is not None else "—"


def training(models, precision, who):
    columns = ["model", "characters/s", "PyTorch", "ratio", "tuned", "ratio", "of the product peak"]
    lines = [[row, *beside(turns, who, "train_tokens_per_s", ("train_tokens_per_s", precision)),
              percent(median(turns, who, "product_utilisation"))]
             for row, turns in models.items() if any(who in turn for turn in turns)]
    return f"Training, {precision}: input, forward, loss, backward, clipping, Adam\n\n" + table(columns, lines)


def sampling(models):
    columns = ["model", "µs/character", "PyTorch", "ratio", "tuned", "ratio"]
    return "Sampling, one text\n\n" + table(
        columns, [[row, *beside(turns, "ours", "sample_us_per_token", ("sample_us_per_token",), smaller=True)]
                  for row, turns in models.items()])


def memory(turns):
    own, other = (median(turns, who, "peak_memory_bytes") for who in ("ours", "theirs"))
    return [number(own and own / 1e6), number(other and other / 1e6), ratio(other, own)]


def of(found, threads, runs):
    """All of them; `found` has the turns of each row."""
    models = {row: turns for row, turns in found.items() if row not in ("mgu", "job")}
    first = next(iter(found.values()))[0]
    parts = [HEAD.format(peer=first["theirs"]["peer"], threads=threads, runs=runs,
                         processor=first["ours"].get("processor", "this machine"))]
    if models:
        parts.append(training(models, "f32", "ours"))
        if any("ours bf16" in turn for turns in models.values() for turn in turns):
            parts.append(training(models, "bf16", "ours bf16"))
        parts.append(sampling(models))
        parts.append("Peak memory of the process that trains, MB\n\n" + table(
            ["model", "Unroll", "PyTorch", "ratio"], [[row, *memory(turns)] for row, turns in models.items()]))
    if "mgu" in found:
        parts.append("A cell written as plain steps, training, f32\n\n" + table(
            ["cell", "characters/s", "PyTorch", "ratio", "tuned", "ratio"],
            [["mgu, lesson", *beside(found["mgu"], "ours", "train_tokens_per_s", ("train_tokens_per_s", "f32"))]]))
    if "job" in found:
        own, other = (median(found["job"], who, "wall_s") for who in ("ours", "theirs"))
        parts.append("A whole job: start, read 1 MB, one epoch of the lesson's model, save, 500 characters\n\n" + table(
            ["", "Unroll", "PyTorch", "ratio"],
            [["wall clock, s", number(own, 2), number(other, 2), ratio(other, own)],
             ["peak memory, MB", *memory(found["job"])]]))
    return "\n\n".join(parts)
