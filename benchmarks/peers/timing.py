"""What the peers share: options, and how an update is timed."""
import argparse
import json
import resource
import statistics
import time

import torch


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=0, help="of one operation; 0: PyTorch's own choice")
    parser.add_argument("--seconds", type=float, default=1.5)
    global given
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)


def measure(update):
    """Warms up, then repeats `update`; the median over chunks of a tenth of a second."""
    for _ in range(10):
        update()
    rates, end = [], time.perf_counter() + given.seconds
    while time.perf_counter() < end or len(rates) < 3:
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < 0.1:
            update()
            count += 1
        rates.append(count / (time.perf_counter() - start))
    print(
        json.dumps(
            {
                "per_s": statistics.median(rates),
                "threads": torch.get_num_threads(),
                "torch": torch.__version__,
                "cpu_capability": torch.backends.cpu.get_cpu_capability(),
                "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )
