"""Characters from a model one by one in PyTorch, in every way that it offers.

The module as it is, with oneDNN and without; and a step written out for one character (the input's
product looked up in a table, the draw by exponential noise instead of multinomial), traced and
frozen, or compiled.
"""
import time

import torch
from torch import nn
from torch.nn import functional

TEMPERATURE = 0.8
WARM_UP = 50


class Step(nn.Module):
    """token [1], h [L, 1, H], c [L, 1, H] -> the next token and states. Biases are added once."""

    def __init__(self, model):
        super().__init__()
        r = model.recurrence
        self.mode, self.layers = r.mode, r.num_layers
        for k in range(r.num_layers):
            w, u, b, b_u = (getattr(r, f"{name}_l{k}").detach().clone()
                            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
            if k == 0:
                inputs = model.embed.weight.detach() if model.embed else torch.eye(w.shape[1])
                self.register_buffer("table", (inputs @ w.t() + b).contiguous())
            else:
                self.register_buffer(f"w{k}", w)
                self.register_buffer(f"b{k}", b)
            self.register_buffer(f"u{k}", u)
            self.register_buffer(f"b_u{k}", b_u)
        self.register_buffer("v", model.output.weight.detach().clone())
        self.register_buffer("b_v", model.output.bias.detach().clone())

    def forward(self, token, h, c):
        y, hs, cs = None, [], []
        for k in range(self.layers):
            x = (functional.embedding(token, self.table) if k == 0 else
                 functional.linear(y, getattr(self, f"w{k}"), getattr(self, f"b{k}")))
            s = functional.linear(h[k], getattr(self, f"u{k}"), getattr(self, f"b_u{k}"))
            if self.mode == "LSTM":
                i, f, g, o = (x + s).chunk(4, 1)
                memory = torch.sigmoid(f) * c[k] + torch.sigmoid(i) * torch.tanh(g)
                y = torch.sigmoid(o) * torch.tanh(memory)
                cs.append(memory)
            elif self.mode == "GRU":
                (r, z, n), (r_s, z_s, n_s) = x.chunk(3, 1), s.chunk(3, 1)
                n = torch.tanh(n + torch.sigmoid(r + r_s) * n_s)
                y = n + torch.sigmoid(z + z_s) * (h[k] - n)
            else:
                y = torch.tanh(x + s)
            hs.append(y)
        p = torch.softmax(functional.linear(y, self.v, self.b_v) / TEMPERATURE, -1)
        token = torch.argmax(p / torch.empty_like(p).exponential_(), -1)
        return token, torch.stack(hs), torch.stack(cs) if cs else c


def of_module(model):
    def write(count):
        token, state, written = torch.zeros(1, 1, dtype=torch.long), None, []
        for _ in range(count):
            logits, state = model(token, state)
            token = torch.multinomial(torch.softmax(logits[-1] / TEMPERATURE, -1), 1)
            written.append(token.item())
        return written
    return write


def first_state(step):
    layers, width = step.layers, step.u0.shape[1]
    return torch.zeros(1, dtype=torch.long), torch.zeros(layers, 1, width), torch.zeros(layers, 1, width)


def of_step(step, state):
    def write(count):
        (token, h, c), written = state, []
        for _ in range(count):
            token, h, c = step(token, h, c)
            written.append(token.item())
        return written
    return write


def traced(model):
    step = Step(model).eval()
    state = first_state(step)
    return of_step(torch.jit.freeze(torch.jit.trace(step, state, check_trace=False).eval()), state)


def compiled(model):
    step = Step(model).eval()
    return of_step(torch.compile(step), first_state(step))


# name: what writes, with oneDNN?, threads (0: all that were given)
WAYS = {"module": (of_module, True, 0), "module without oneDNN": (of_module, False, 0),
        "traced step": (traced, True, 0), "traced step, one thread": (traced, True, 1),
        "compiled step": (compiled, True, 0)}


@torch.inference_mode()
def microseconds(model, way, count, pieces=20):
    """The median time of a character over pieces of the text."""
    make, one_dnn, threads = WAYS[way]
    before = torch.get_num_threads()
    torch.backends.mkldnn.set_flags(one_dnn)
    torch.set_num_threads(threads or before)
    try:
        write = make(model)
        write(WARM_UP)
        times = []
        for _ in range(pieces):
            began = time.perf_counter()
            write(count // pieces)
            times.append((time.perf_counter() - began) / (count // pieces))
    finally:
        torch.backends.mkldnn.set_flags(True)
        torch.set_num_threads(before)
    return 1e6 * sorted(times)[len(times) // 2]
