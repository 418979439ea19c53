"""Writes unicode-forms.cc: compatibility forms, lower case, words and marks exactly as the `tokenizers` library sees them.

As unicode-tables.py does, it asks the library about every code point. The classes of grapheme clusters, which the library
does not show, are those of the `regex` package.

    pip install tokenizers==0.23.3 regex && python unicode-forms.py > unicode-forms.cc
"""

import regex
import tokenizers
from tokenizers import normalizers, pre_tokenizers

from code_points import POINTS, emit, runs

NFD, NFKD = normalizers.NFD().normalize_str, normalizers.NFKD().normalize_str
LOWER = normalizers.Lowercase().normalize_str
STRIP_ACCENTS = normalizers.StripAccents().normalize_str
WHITESPACE = pre_tokenizers.Whitespace().pre_tokenize_str
CONTROL, EXTEND, PREPEND = (
    regex.compile(pattern)
    for pattern in (
        r"[\p{GCB=Control}\p{GCB=CR}\p{GCB=LF}]",
        r"[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]",
        r"\p{GCB=Prepend}",
    )
)


def word_class(char):
    pieces = len(WHITESPACE(f"a{char}a"))
    return {1: 1, 2: 2, 3: 0}[pieces]


def grapheme_class(char):
    return next((i + 1 for i, group in enumerate((CONTROL, EXTEND, PREPEND)) if group.match(char)), 0)


def mapped(form, plain):
    out = []
    for c in POINTS:
        char = chr(c)
        if (parts := form(char)) != plain(char):
            out += [c, len(parts), *map(ord, parts)]
    return out


print(f"// Written by unicode-forms.py from tokenizers {tokenizers.__version__}; do not edit.\n// clang-format off")
print('#include "unicode-forms.h"\n\nnamespace tok {\n')
emit("kCompatible", "Code point, length, full compatibility decomposition, where it is not the canonical one.", mapped(NFKD, NFD))
emit("kLowercase", "Code point, length, lower case.", mapped(LOWER, str))
emit("kWordRuns", "First code point of each run << 2 | class (0 other, 1 word, 2 space).", runs(word_class))
emit("kMarkRuns", "The same: 1 nonspacing mark.", runs(lambda char: int(STRIP_ACCENTS(char) == "")))
emit("kGraphemeRuns", "The same: 1 control, 2 extends the cluster before it, 3 begins one.", runs(grapheme_class))
print("}  // namespace tok")
