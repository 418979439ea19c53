"""Unpacks the C++ source from SentencePiece's source distribution: unpack.py ARCHIVE FOLDER."""

import os
import re
import sys
import tarfile

archive, folder = sys.argv[1:3]
# third_party/absl is a second copy of what is in third_party/abseil-cpp/absl.
WANTED = re.compile(r"^[^/]+/sentencepiece/((?:src|third_party/(?!absl/))[^\0]*|LICENSE|VERSION\.txt|config\.h\.in)$")
UNWANTED = re.compile(r"_(?:test|main|benchmark)\.cc$|(?:^|/)\.\.(?:/|$)")
LARGEST = 16 << 20

with tarfile.open(archive) as members:
    for member in members:
        path = WANTED.match(member.name)
        if not path or UNWANTED.search(member.name) or not member.isfile():
            continue
        target = os.path.join(folder, path.group(1))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(members.extractfile(member).read(LARGEST))
os.symlink("abseil-cpp/absl", os.path.join(folder, "third_party", "absl"))
