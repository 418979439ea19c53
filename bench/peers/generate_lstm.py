"""The Python loop over torch.nn.LSTM: one character at a time, its state handed on, the next drawn by top-k.

With "save" it draws and saves a model; otherwise it loads that model, writes, and prints the time, and the likeliest
characters for a comparison.
"""

import json
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from char_lstm import CharLstm
from memory import peak_bytes, resident_bytes


def model_of(folder: Path) -> CharLstm:
    return CharLstm(json.loads((folder / "config.json").read_text(encoding="utf-8")))


def save(s: dict) -> None:
    torch.manual_seed(s["seed"])
    folder = Path(s["folder"])
    save_file(model_of(folder).state_dict(), folder / "model.safetensors")
    print(json.dumps({}))


@torch.no_grad()
def write(model: CharLstm, s: dict, tokens: int, draw: bool) -> list[int]:
    written: list[int] = []
    hidden, state = model.lstm(model.embedding(torch.tensor([s["prompt"]])))
    for _ in range(tokens):
        logits = model.proj(hidden[:, -1])
        if draw:
            logits = logits / s["temperature"]
            least = torch.topk(logits, s["topK"]).values[:, [-1]]
            logits[logits < least] = -float("inf")
            token = torch.multinomial(torch.softmax(logits, -1), 1)
        else:
            token = logits.argmax(-1, keepdim=True)
        written.append(token.item())
        hidden, state = model.lstm(model.embedding(token), state)
    return written


def generate(s: dict) -> None:
    torch.set_num_threads(s["threads"])
    libraries = resident_bytes()
    folder = Path(s["folder"])
    model = model_of(folder)
    model.load_state_dict(load_file(folder / "model.safetensors"))
    model.eval()
    seconds = []
    for _ in range(s["repeats"]):
        start = time.perf_counter()
        write(model, s, s["newTokens"], draw=True)
        seconds.append(time.perf_counter() - start)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "tokens": write(model, s, s["likeliest"], draw=False),
                "peakBytes": peak_bytes(),
                "libraryBytes": libraries,
            }
        )
    )


settings = json.loads(sys.argv[1])
(save if settings.get("save") else generate)(settings)
