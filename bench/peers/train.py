"""One GPT-2 training run as the Python system made it: transformers, torch AdamW, clipping to a global norm of 1.

Reads its settings as JSON from the first argument and prints one JSON object: the time of every step, the losses and
the peak memory of the process, whole and above what the loaded libraries took.
"""

import json
import sys
import time

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from memory import peak_bytes, resident_bytes


def main() -> None:
    s = json.loads(sys.argv[1])
    torch.set_num_threads(s["threads"])
    torch.manual_seed(s["seed"])
    libraries = resident_bytes()
    config = GPT2Config(
        vocab_size=s["vocabSize"],
        n_positions=s["seqLen"],
        n_embd=s["nEmbd"],
        n_layer=s["nLayer"],
        n_head=s["nHead"],
        bos_token_id=0,
        eos_token_id=0,
    )
    model = GPT2LMHeadModel(config)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=s["lr"])
    forward = torch.compile(model) if s["compile"] else model
    tokens = torch.from_numpy(np.fromfile(s["data"], dtype="<u2").astype(np.int64))
    batch, length = s["batchSize"], s["seqLen"]

    def step(i: int) -> float:
        at = (i * batch * length) % (len(tokens) - batch * length)
        ids = tokens[at : at + batch * length].view(batch, length)
        optimizer.zero_grad()
        loss = forward(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    milliseconds, losses = [], []
    for i in range(s["warmUp"] + s["steps"]):
        start = time.perf_counter()
        losses.append(step(i))
        milliseconds.append((time.perf_counter() - start) * 1000)
    print(
        json.dumps(
            {
                "milliseconds": milliseconds,
                "losses": losses,
                "peakBytes": peak_bytes(),
                "libraryBytes": libraries,
            }
        )
    )


main()
