"""One peer's side of the tokenizer benchmark: training on a file, or encoding it with a given tokenizer.

The text is in memory, as the peer wants it, before the clock of an encoding starts; a training reads the file itself.
"""

import json
import os
import sys
import time

from memory import peak_bytes, resident_bytes

settings = json.loads(sys.argv[1])
os.environ["RAYON_NUM_THREADS"] = str(settings["threads"])
os.environ["TOKENIZERS_PARALLELISM"] = "true"
PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def lines():
    with open(settings["file"], encoding="utf-8", newline="\n") as file:
        yield from file


def documents(size=1 << 17):
    """Blocks of lines: small enough that every thread has work, so large that their ends cost nothing."""
    blocks, block, length = [], [], 0
    for line in lines():
        block.append(line)
        length += len(line)
        if length >= size:
            blocks.append("".join(block))
            block, length = [], 0
    return blocks + ["".join(block)]


def train_tokenizers():
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    def work():
        tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(
            special_tokens=["[PAD]", "[UNK]", "[BOS]", "[EOS]"],
            vocab_size=settings["vocabSize"],
            min_frequency=2,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train([settings["file"]], trainer)
        return tokenizer.get_vocab_size()

    return work


def train_rustbpe():
    import rustbpe

    def work():
        tokenizer = rustbpe.Tokenizer()
        tokenizer.train_from_iterator(lines(), settings["vocabSize"], pattern=PATTERN)
        return tokenizer.vocab_size

    return work


def encode_tokenizers():
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(settings["tokenizer"])
    texts = documents()
    return lambda: sum(len(found.ids) for found in tokenizer.encode_batch(texts, add_special_tokens=False))


def encode_tiktoken():
    import tiktoken
    from tokenizers.pre_tokenizers import ByteLevel

    with open(settings["tokenizer"], encoding="utf-8") as file:
        vocab = json.load(file)["model"]["vocab"]
    spelled = {ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(chr(c))[0][0]: c for c in range(128)}
    # GPT-2's spelling of the other bytes: those that print in Latin-1 as themselves, the rest after U+0100.
    hidden = [b for b in range(256) if not (0x21 <= b <= 0x7E or 0xA1 <= b <= 0xAC or b >= 0xAE)]
    spelled |= {chr(b): b for b in range(0xA1, 256) if b != 0xAD} | {chr(256 + i): b for i, b in enumerate(hidden)}
    first = 4  # the special tokens; tiktoken's ranks begin after them
    ranks = {bytes(spelled[c] for c in token): id - first for token, id in vocab.items() if id >= first}
    encoding = tiktoken.Encoding("ours", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    texts = documents()
    return lambda: sum(map(len, encoding.encode_ordinary_batch(texts, num_threads=settings["threads"])))


def encode_tokie():
    import tokie

    tokenizer = tokie.Tokenizer.from_json(settings["tokenizer"])
    texts = documents()
    return lambda: len(tokenizer.encode_batch_flat(texts, add_special_tokens=False)[0])


def train_sentencepiece():
    import io

    import sentencepiece

    def work():
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            input=settings["file"],
            model_writer=model,
            model_type="bpe",
            vocab_size=settings["vocabSize"],
            character_coverage=1.0,
            num_threads=settings["threads"],
            minloglevel=2,
        )
        return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue()).vocab_size()

    return work


def encode_sentencepiece():
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=settings["tokenizer"])
    texts = list(lines())
    return lambda: sum(map(len, processor.encode(texts, num_threads=settings["threads"])))


library_bytes = resident_bytes()
work = globals()[f"{settings['work']}_{settings['peer']}"]()
seconds = []
tokens = 0
for _ in range(settings["repeats"]):
    start = time.perf_counter()
    tokens = work()
    seconds.append(time.perf_counter() - start)
print(
    json.dumps(
        {"seconds": seconds, "tokens": tokens, "peakBytes": peak_bytes(), "libraryBytes": library_bytes},
    )
)
