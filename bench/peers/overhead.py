"""How long one small addition takes through Python's own binding, the result's allocation included."""

import json
import sys
import time

import torch


def main() -> None:
    s = json.loads(sys.argv[1])
    torch.set_num_threads(1)
    a, b = torch.ones(2, 2), torch.ones(2, 2)
    nanoseconds = []
    for _ in range(s["repeats"]):
        start = time.perf_counter_ns()
        for _ in range(s["calls"]):
            torch.add(a, b)
        nanoseconds.append((time.perf_counter_ns() - start) / s["calls"])
    print(json.dumps({"nanoseconds": nanoseconds}))


main()
