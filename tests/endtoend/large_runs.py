"""Run files as large models and long trainings leave them, made of a small one in a moment."""
import hashlib
import pathlib
import shutil

import h5py
import numpy

STEPS = 20_000  # rows of each metric
WRITTEN = 200  # evaluations that wrote samples
LAYERS = 24
TOKENS = 5_000
ROWS = 50  # what a microscope keeps


def seal(path):
    """Makes the user block name the file's content again, after h5py has changed it."""
    content = path.read_bytes()[512:]
    words = f"UNROLLRUN 1\nlength {len(content)}\nsha256 {hashlib.sha256(content).hexdigest()}\n"
    path.write_bytes(words.encode().ljust(512, b"\0") + content)


def put(group, path, values, dtype=None):
    """Adds a dataset, and the groups above it, linked as Unroll links them: by names in UTF-8. HDF5
    keeps other groups in a form that Unroll does not write and therefore not read."""
    names = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    names.set_char_encoding(h5py.h5t.CSET_UTF8)
    *above, last = path.split("/")
    for name in above:
        if name not in group:
            h5py.h5g.create(group.id, name.encode(), lcpl=names)
        group = group[name]
    made = group.create_dataset(None, data=values, dtype=dtype)
    h5py.h5o.link(made.id, group.id, last.encode(), lcpl=names)


def swell(source, target):
    """A copy of a run with as much of everything as there can be, of noise that packs badly."""
    target = pathlib.Path(target)
    shutil.copy(source, target)
    noise = numpy.random.default_rng(1)
    letters = numpy.array(list("etaoinshrdlucmfwypvbgkjqxz ,.\n"))
    text = lambda length: "".join(noise.choice(letters, length))
    with h5py.File(target, "r+") as run:
        for split in run["metrics"].values():
            for name, column in split.items():
                column.resize((STEPS,))
                column[:] = numpy.arange(1, STEPS + 1) if name == "step" else noise.random(STEPS)
        samples = run["samples"]
        count = WRITTEN * 3
        for name in samples:
            column = samples[name]
            column.resize((count,))
            if name == "step":
                column[:] = numpy.repeat(numpy.arange(1, WRITTEN + 1), 3)
            elif name == "text":
                column[:] = [text(3000) for _ in range(count)]
            elif column.dtype.kind == "O":
                column[:] = [f"{name} {i % 3}" for i in range(count)]
            else:
                column[:] = noise.random(count)
        for group in ("histograms", "recurrence", "reading"):
            del run[group]
        for group in ("histograms", "recurrence"):
            put(run, f"{group}/step", numpy.arange(1, ROWS + 1))
        for layer in range(LAYERS):
            for parameter in ("W", "U", "b"):
                for kind in ("weights", "gradients"):
                    one = f"histograms/{kind}/layer{layer}/{parameter}"
                    put(run, f"{one}/counts", noise.integers(0, 10**6, (ROWS, 40)))
                    put(run, f"{one}/low", -noise.random(ROWS))
                    put(run, f"{one}/high", noise.random(ROWS))
            one = f"recurrence/layer{layer}"
            for part in ("", "_c"):
                put(run, f"{one}/gradient_by_lag{part}", noise.random((ROWS, 100)))
                put(run, f"{one}/memory_length{part}", noise.random(ROWS))
            for gate in "ifgo":
                for figure in ("saturated", "saturated_high", "spectral_radius"):
                    put(run, f"{one}/{figure}/{gate}", noise.random(ROWS))
                put(run, f"reading/gates/layer{layer}/{gate}", noise.random(TOKENS))
        words = numpy.array([text(8) for _ in range(4000)], dtype=object)
        strings = h5py.string_dtype()
        put(run, "reading/tokens", noise.choice(words, TOKENS), strings)
        put(run, "reading/alternatives", noise.choice(words, (TOKENS, 5)), strings)
        put(run, "reading/probabilities", noise.random((TOKENS, 5)))
        put(run, "reading/surprise", noise.exponential(2, TOKENS))
        put(run, "reading/text", numpy.zeros(TOKENS, dtype=int))
        units = 24
        for name, content in (("layer", "layer0"), ("part", "c"), ("tracks", "a space")):
            put(run, f"reading/units/{name}", [content] * units, strings)
        put(run, "reading/units/unit", numpy.arange(units))
        put(run, "reading/units/score", noise.random(units))
        put(run, "reading/units/values", noise.random((units, TOKENS)) * 2 - 1)
    seal(target)
