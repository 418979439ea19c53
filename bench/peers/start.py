"""From the interpreter's start to the end of the first training step, as a user of transformers writes it.

The settings are JSON in the first argument; the clock began when the process was started (`startedMs`, Unix time).
"""

import json
import sys
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForCausalLM


def main() -> None:
    s = json.loads(sys.argv[1])
    torch.set_num_threads(s["threads"])
    torch.manual_seed(s["seed"])
    tokenizer = Tokenizer.from_file(str(Path(s["tokenizer"]) / "tokenizer.json"))
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(s["folder"]))
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4)
    batch, length = s["batchSize"], s["seqLen"]
    text = Path(s["corpus"]).read_text()[: 8 * batch * length]
    ids = torch.tensor(tokenizer.encode(text).ids[: batch * length]).view(batch, length)
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    value = loss.item()
    print(json.dumps({"milliseconds": time.time() * 1000 - s["startedMs"], "loss": value}))


main()
