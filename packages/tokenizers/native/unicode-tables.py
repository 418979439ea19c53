"""Writes unicode-tables.cc: the character classes and the NFC data exactly as the `tokenizers` library sees them.

Its regular expression engine and its normalizer carry Unicode versions of their own, older than the standard's newest,
and a token boundary that moves with a Unicode version is a different tokenizer. So the library itself is asked about
every code point, and the tables are what it answered.

    pip install tokenizers==0.23.3 && python unicode-tables.py > unicode-tables.cc
"""

import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

from code_points import POINTS, emit, runs

NFC, NFD = normalizers.NFC().normalize_str, normalizers.NFD().normalize_str


def members(pattern):
    keep_matches = pre_tokenizers.Split(Regex(pattern), "removed", True)
    found = set()
    for start in range(0, len(POINTS), 4096):
        text = "".join(map(chr, POINTS[start : start + 4096]))
        for piece, _ in keep_matches.pre_tokenize_str(text):
            found.update(piece)
    return found


CLASSES = [members(r"\p{L}"), members(r"\p{N}"), members(r"\s")]


def character_class(char):
    return next((i + 1 for i, group in enumerate(CLASSES) if char in group), 0)


def nfc_data():
    hangul = range(0xAC00, 0xAC00 + 11172)
    decompositions, compositions, combining = [], [], []
    for c in POINTS:
        char = chr(c)
        if c not in hangul and (parts := NFD(char)) != char:
            decompositions += [c, len(parts), *map(ord, parts)]
            if len(parts) > 1 and NFC(char) == char:
                compositions += [*map(ord, [NFC(parts[:-1]), parts[-1]]), c]
        # A mark the library knows sorts before U+0345, whose class (240) is the highest; one it does not know stays.
        rank = unicodedata.combining(char)
        if rank and (rank == 240 or NFD("\u0345" + char) != "\u0345" + char):
            combining.append(c << 8 | rank)
    return decompositions, compositions, combining


decompositions, compositions, combining = nfc_data()
print(f"// Written by unicode-tables.py from tokenizers {tokenizers.__version__}; do not edit.\n// clang-format off")
print('#include "unicode.h"\n\nnamespace tok {\n')
emit("kClassRuns", "First code point of each run << 2 | class (0 other, 1 letter, 2 number, 3 space).", runs(character_class))
emit("kCombining", "Code point << 8 | canonical combining class, where it is not 0.", combining)
emit("kDecompositions", "Code point, length, full canonical decomposition.", decompositions)
emit("kCompositions", "First, second, their primary composite.", compositions)
print("}  // namespace tok")
