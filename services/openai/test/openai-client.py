"""Asks a server by OpenAI's client for Python, and prints what it said: openai-client.py BASE-URL MODEL"""

import json
import sys

from openai import BadRequestError, NotFoundError, OpenAI


def main() -> None:
    base_url, model = sys.argv[1:]
    client = OpenAI(base_url=base_url, api_key="any", max_retries=0)
    said = {"models": [each.id for each in client.models.list()], "model": client.models.retrieve(model).id}

    asked = {"model": model, "prompt": "The lamp", "max_tokens": 8, "seed": 3}
    whole = client.completions.create(**asked, logprobs=2, echo=True)
    said["text"] = whole.choices[0].text
    said["logprobs"] = whole.choices[0].logprobs.token_logprobs
    said["usage"] = whole.usage.completion_tokens
    pieces = client.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    said["pieces"] = "".join(choice.text for piece in pieces for choice in piece.choices)
    said["several"] = [choice.text for choice in client.completions.create(**{**asked, "prompt": ["The", "Who"]}, n=2).choices]

    turns = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 6, "seed": 1}
    answer = client.chat.completions.create(**turns, logprobs=True, top_logprobs=1)
    said["answer"] = answer.choices[0].message.content
    said["answered"] = len(answer.choices[0].logprobs.content) == answer.usage.completion_tokens
    parts = client.chat.completions.create(**turns, stream=True)
    said["parts"] = "".join(part.choices[0].delta.content or "" for part in parts).rstrip()

    def refusal(kind: type, **fields) -> str | None:
        try:
            client.completions.create(**{**asked, **fields})
        except kind as error:
            return error.param
        return None

    said["refused"] = [refusal(NotFoundError, model="gpt-4"), refusal(BadRequestError, temperature=9)]
    print(json.dumps(said))


if __name__ == "__main__":
    main()
