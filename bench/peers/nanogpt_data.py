"""The data that nanoGPT's recipe for CPUs reads, made of a text as its own script makes it of one from the network:
characters as numbers, the first nine tenths to train on. Arguments: the text, and the folder to fill.
"""

import pickle
import sys
from pathlib import Path

import numpy as np

text = Path(sys.argv[1]).read_text(encoding="utf-8")
folder = Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
characters = sorted(set(text))
ids = {character: i for i, character in enumerate(characters)}
cut = int(len(text) * 0.9)
for name, part in (("train", text[:cut]), ("val", text[cut:])):
    np.array([ids[character] for character in part], dtype=np.uint16).tofile(folder / f"{name}.bin")
meta = {"vocab_size": len(characters), "stoi": ids, "itos": dict(enumerate(characters))}
(folder / "meta.pkl").write_bytes(pickle.dumps(meta))
