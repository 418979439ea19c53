"""Prints what transformers makes of conversations by templates: chat-templates.py TOKENIZER TEMPLATES < CONVERSATIONS

A JSON object: for each file of the folder TEMPLATES a list with a text for each conversation, or null where it is refused.
"""

import json
import sys
from pathlib import Path

from transformers import AutoTokenizer


def main() -> None:
    tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
    conversations = json.load(sys.stdin)

    def rendered(template: str, conversation: list) -> str | None:
        options = {"chat_template": template, "tokenize": False, "add_generation_prompt": True}
        try:
            return tokenizer.apply_chat_template(conversation, **options)
        except Exception:  # a template refuses what it has no place for by raising whatever it likes
            return None

    files = sorted(Path(sys.argv[2]).glob("*.jinja"))
    print(json.dumps({file.name: [rendered(file.read_text(), each) for each in conversations] for file in files}))


if __name__ == "__main__":
    main()
