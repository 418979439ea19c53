"""The loss of a text by transformers: windows that overlap, several at a time, each token counted once."""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM

from memory import peak_bytes, resident_bytes


def windows(positions: int, context: int, stride: int):
    """(start, first that counts, end) of each, every position counting once."""
    counted = 0
    while counted < positions:
        start = max(0, counted - (context - min(stride, context)))
        end = min(positions, start + context)
        yield start, counted, end
        counted = end


def main() -> None:
    s = json.loads(sys.argv[1])
    torch.set_num_threads(s["threads"])
    libraries = resident_bytes()
    model = AutoModelForCausalLM.from_pretrained(s["folder"])
    model.eval()
    ids = torch.from_numpy(np.fromfile(s["ids"], dtype="<i4").astype(np.int64))

    batches: list[list[tuple[int, int, int]]] = []
    for window in windows(len(ids) - 1, s["context"], s["stride"]):
        shape = (window[2] - window[0], window[1] - window[0])
        last = batches[-1] if batches else []
        if last and len(last) < s["batchSize"] and (last[0][2] - last[0][0], last[0][1] - last[0][0]) == shape:
            last.append(window)
        else:
            batches.append([window])

    def score() -> float:
        nats, tokens = 0.0, 0
        with torch.no_grad():
            for batch in batches:
                inputs = torch.stack([ids[start:end] for start, _, end in batch])
                targets = torch.stack([ids[first + 1 : end + 1] for _, first, end in batch])
                logits = model(inputs, logits_to_keep=targets.shape[1]).logits
                losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
                nats += losses.double().sum().item()
                tokens += targets.numel()
        return nats / tokens

    seconds, loss = [], float("nan")
    for _ in range(s["repeats"]):
        start = time.perf_counter()
        loss = score()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "loss": loss, "peakBytes": peak_bytes(), "libraryBytes": libraries}))


main()
