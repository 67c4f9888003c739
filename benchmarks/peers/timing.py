"""What the peers share: options, and how an update is timed."""
import argparse
import json
import resource
import statistics
import time


def options(*more):
    """The command line. `more`: (flag, settings of argparse) of the peer's own options."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=0, help="of one operation; 0: the framework's own choice")
    parser.add_argument("--seconds", type=float, default=1.5)
    for flag, settings in more:
        parser.add_argument(flag, **settings)
    return parser.parse_args()


HIDDEN = ("--hidden", {"type": int, "nargs": "+", "default": [256, 256], "help": "units of each hidden layer"})


def use_threads(threads):
    """For PyTorch. @return what to say about it beside a rate"""
    import torch

    if threads:
        torch.set_num_threads(threads)
    return {
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }


def measure(update, seconds, about):
    """Warms up, then repeats `update`; the median over chunks of a tenth of a second. Prints it with `about`."""
    count, end = 0, time.perf_counter() + 2
    while count < 3 or (count < 10 and time.perf_counter() < end):
        update()
        count += 1
    rates, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(rates) < 3:
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < 0.1:
            update()
            count += 1
        rates.append(count / (time.perf_counter() - start))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"per_s": statistics.median(rates), **about, "peak_memory_mib": memory}))
