"""Greedy generation by transformers with its key-value cache, on weights that it also leaves for the other side.

With "save" it draws the weights of a folder's config.json and saves them there; otherwise it loads that model, generates, and prints the tokens and the time.
"""

import json
import sys
import time

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from memory import peak_bytes, resident_bytes


def save(s: dict) -> None:
    torch.manual_seed(s["seed"])
    config = AutoConfig.from_pretrained(s["folder"])
    AutoModelForCausalLM.from_config(config).save_pretrained(s["folder"])
    print(json.dumps({}))


def generate(s: dict) -> None:
    torch.set_num_threads(s["threads"])
    libraries = resident_bytes()
    model = AutoModelForCausalLM.from_pretrained(s["folder"])
    model.eval()
    prompt = torch.tensor([s["prompt"]] * s["sequences"])
    seconds = []
    for _ in range(s["repeats"]):
        start = time.perf_counter()
        with torch.no_grad():
            ids = model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=s["newTokens"],
                min_new_tokens=s["newTokens"],
                do_sample=False,
                pad_token_id=0,
            )
        seconds.append(time.perf_counter() - start)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "tokens": ids[0, prompt.shape[1] :].tolist(),
                "peakBytes": peak_bytes(),
                "libraryBytes": libraries,
            }
        )
    )


settings = json.loads(sys.argv[1])
(save if settings.get("save") else generate)(settings)
