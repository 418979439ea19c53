"""Prints what other programs make of texts: extend.py < {"texts": [...], "folders": {NAME: FOLDER}}

For each folder with a tokenizer.model or tokenizer.json a JSON object of lists of ids by the program.
"""

import json
import sys
from pathlib import Path

from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer
from transformers import AutoTokenizer


def main() -> None:
    given = json.load(sys.stdin)

    def programs(folder: Path) -> dict:
        auto = AutoTokenizer.from_pretrained(folder)
        found = {"transformers": lambda text: auto.encode(text, add_special_tokens=False)}
        if (folder / "tokenizer.model").exists():
            found["sentencepiece"] = SentencePieceProcessor(model_file=str(folder / "tokenizer.model")).encode
        else:
            whole = Tokenizer.from_file(str(folder / "tokenizer.json"))
            found["tokenizers"] = lambda text: whole.encode(text, add_special_tokens=False).ids
        return found

    def ids(folder: str) -> dict:
        return {name: [encode(text) for text in given["texts"]] for name, encode in programs(Path(folder)).items()}

    print(json.dumps({name: ids(folder) for name, folder in given["folders"].items()}))


if __name__ == "__main__":
    main()
