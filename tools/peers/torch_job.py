"""A whole small job in PyTorch, from reading a text to saving what was learnt.

    python3 tools/peers/torch_job.py CORPUS.txt RESULTS.pt

One epoch of the lesson's model over contiguous windows, the loss of every tenth update kept, 500
characters sampled at the end, and all of it saved: weights, the optimizer's state, losses, text.
Prints one JSON object. Whoever starts it measures time and memory.
"""
import argparse
import json

import torch

import torch_characters as characters
import torch_sampling as sampling


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    characters.add_sizes(p)
    p.add_argument("results")
    p.add_argument("--sample", type=int, default=500)
    a = p.parse_args()
    characters.prepare(a.threads)
    known, ids = characters.read(a.corpus)
    text, starts = characters.streams(ids, a.batch, a.window)
    model = characters.CharacterModel(a.cell, len(known), a.hidden, a.layers)
    optimizer = characters.adam(model, a.rate)
    update = characters.Update(model, model.loss, optimizer)
    losses = []
    for step, at in enumerate(starts):
        loss = update(text, at, a.window)
        if step % 10 == 9:
            losses.append(loss.item())
    model.eval()
    torch.backends.mkldnn.set_flags(False)  # the faster way for single characters
    with torch.inference_mode():
        written = "".join(known[i] for i in sampling.of_module(model)(a.sample))
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "losses": losses,
                "characters": known, "text": written}, a.results)
    print(json.dumps({"peer": f"torch {torch.__version__}", "updates": len(starts), "loss": losses[-1:],
                      "characters": len(written)}))


if __name__ == "__main__":
    main()
