"""One training run as the Python system made it: transformers (or a torch.nn.LSTM), torch AdamW, clipping to a norm of 1.

Reads its settings as JSON from the first argument and prints one JSON object: the time of every step, the losses and
the peak memory of the process, whole and above what the loaded libraries took.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from char_lstm import CharLstm
from memory import peak_bytes, resident_bytes


def new_model(folder: str) -> torch.nn.Module:
    """The model that the folder's config.json describes, its weights drawn."""
    config = json.loads((Path(folder) / "config.json").read_text())
    if config["model_type"] == "char_lstm":
        return CharLstm(config)
    return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))


def main() -> None:
    s = json.loads(sys.argv[1])
    torch.set_num_threads(s["threads"])
    torch.manual_seed(s["seed"])
    libraries = resident_bytes()
    model = new_model(s["folder"])
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
