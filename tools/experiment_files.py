"""Experiment files as the tools and the tests read them."""
import pathlib

import yaml


def merged(over, under):
    """`over` laid upon `under`: maps key by key, everything else replaces."""
    if not (isinstance(over, dict) and isinstance(under, dict)):
        return over
    return {**under, **{key: merged(value, under[key]) if key in under else value
                        for key, value in over.items()}}


def load(path):
    """An experiment with all that it includes."""
    root = yaml.safe_load(path.read_text(encoding="utf-8"))
    below = root.pop("include", [])
    under = {}
    for name in [below] if isinstance(below, str) else below:
        under = merged(load(path.parent / name), under)
    return merged(root, under)


def begins_with(experiment):
    """The run file that its weights begin with; None where they begin at random."""
    begins = experiment.get("initialize_from")
    return begins.get("run") if isinstance(begins, dict) else begins


def source(experiment):
    """The name of the experiment that made that run file; or None."""
    run = begins_with(experiment)
    return pathlib.Path(run).stem if run else None


def is_sweep(experiment):
    """Is it many runs, for `runexp sweep`?"""
    return bool(experiment.get("sweep") or experiment.get("seeds"))


def data_sets(experiment):
    """The names of the data sets that it reads."""
    data = experiment.get("data", {})
    named = data.get("corpus", []) + [data[key] for key in ("images", "table") if key in data]
    for key in data:
        if key.endswith("aligned"):
            named = named + list(data[key].values())
    return {name.split("/")[0] for name in named}
