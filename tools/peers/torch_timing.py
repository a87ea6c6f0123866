"""How the peers are timed: steps after a warm-up, ways that may fail, memory."""
import ctypes
import itertools
import resource
import signal
import statistics
import time

WARM_UP = 3
LEAST = 3


def add_options(parser):
    parser.add_argument("--seconds", type=float, default=8.0, help="train for about so long in each way")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds that one way may take, compiling included")


def step_seconds(update, text, starts, window, seconds):
    """The median of `update`'s calls after the warm-up, and the last loss."""
    times, until = [], None
    for step, at in enumerate(itertools.cycle(starts)):
        if step == WARM_UP:
            until = time.perf_counter() + seconds
        began = time.perf_counter()
        loss = update(text, at, window)
        now = time.perf_counter()
        if until is None:
            continue
        times.append(now - began)
        if now > until and len(times) >= LEAST:
            return statistics.median(times), loss.item()


def tried(failed, limit, name, work):
    """What `work` gives; where it throws or takes too long, nothing, and `failed` says why."""
    def late(*_):
        raise TimeoutError(f"not done in {limit:g} s")
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        return work()
    except Exception as error:  # whatever one way throws, the others count
        failed[name] = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def keep_memory():
    """From here on the C library keeps freed memory, large blocks too. Nothing undoes it.

    By default PyTorch's large tensors go back to the system and are mapped anew at every step."""
    libc = ctypes.CDLL(None)
    for option, value in ((-3, 1 << 30), (-1, 2**31 - 1)):  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD
        libc.mallopt(option, value)


def peak_memory():
    """Of this process so far, in bytes."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
