"""A character model in PyTorch: the yardstick for how fast Unroll trains and samples.

    python3 tools/peers/torch_char_lm.py CORPUS.txt --cell lstm --layers 1 --hidden 64

Trains in every way that PyTorch offers (eager with oneDNN and without, compiled) and eagerly with an
allocator that keeps memory, in float32 and under bfloat16 autocast; then samples character by
character in every way. What compiling takes comes before the clock. Prints one JSON object: for each
way the tokens a second of the median training step, or microseconds a character; for ways that
failed, why; the peak memory of the process after its first way of training, imports included.
"""
import argparse
import functools
import json

import torch

import torch_characters as characters
import torch_sampling as sampling
import torch_timing as timing

# precision: {way: with oneDNN?, compiled?, memory kept?}. Without oneDNN, bfloat16 is many times slower.
WAYS = {"f32": {"eager": (True, False, False), "eager without oneDNN": (False, False, False),
                "compiled": (True, True, False), "eager, memory kept": (True, False, True)},
        "bf16": {"eager": (True, False, False), "compiled": (True, True, False),
                 "eager, memory kept": (True, False, True)}}


def arguments():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    characters.add_sizes(p)
    p.add_argument("--embed", type=int, default=0, help="embedding width; 0 feeds one-hot characters")
    p.add_argument("--sample", type=int, default=2000, help="characters to sample; 0: none")
    timing.add_options(p)
    for name, ways in (("f32", WAYS["f32"]), ("bf16", WAYS["bf16"]), ("sample", sampling.WAYS)):
        p.add_argument(f"--{name}-ways", type=lambda s: [w for w in s.split(";") if w], default=list(ways),
                       help=f"some of: {'; '.join(ways)}; separated by semicolons")
    return p.parse_args()


def train(a, count, text, starts, precision, way):
    """Tokens a second, and the last loss."""
    one_dnn, compiled, keep = WAYS[precision][way]
    torch.backends.mkldnn.set_flags(one_dnn)
    if keep:
        timing.keep_memory()
    torch.manual_seed(1)
    model = characters.CharacterModel(a.cell, count, a.hidden, a.layers, a.embed)
    loss_of = torch.compile(model.loss) if compiled else model.loss
    update = characters.Update(model, loss_of, characters.adam(model, a.rate), precision == "bf16")
    seconds, loss = timing.step_seconds(update, text, starts, a.window, a.seconds)
    torch.backends.mkldnn.set_flags(True)
    return model, a.window * a.batch / seconds, loss


def main():
    a = arguments()
    characters.prepare(a.threads)
    known, ids = characters.read(a.corpus)
    text, starts = characters.streams(ids, a.batch, a.window)
    found = {"peer": f"torch {torch.__version__}", "threads": a.threads, "cell": a.cell, "layers": a.layers,
             "hidden": a.hidden, "embed": a.embed, "window": a.window, "batch": a.batch, "vocabulary": len(known),
             "train_tokens_per_s": {}, "loss": {}, "sample_us_per_token": {}, "failed": {}}
    model = None
    tried = functools.partial(timing.tried, found["failed"], a.limit)
    ways = [(precision, way) for precision, ways in (("f32", a.f32_ways), ("bf16", a.bf16_ways)) for way in ways]
    for precision, way in sorted(ways, key=lambda each: WAYS[each[0]][each[1]][2]):  # nothing undoes mallopt
        done = tried(f"{precision}, {way}", lambda: train(a, len(known), text, starts, precision, way))
        if done is None:
            continue
        model, speed, loss = done
        found["train_tokens_per_s"].setdefault(precision, {})[way] = round(speed)
        found["loss"].setdefault(precision, {})[way] = round(loss, 4)
        found.setdefault("peak_memory_bytes", timing.peak_memory())
    if model is None:
        model = characters.CharacterModel(a.cell, len(known), a.hidden, a.layers, a.embed)
    model.eval()
    for way in a.sample_ways if a.sample > 0 else []:
        took = tried(f"sample, {way}", lambda: sampling.microseconds(model, way, a.sample))
        if took is not None:
            found["sample_us_per_token"][way] = round(took, 2)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
