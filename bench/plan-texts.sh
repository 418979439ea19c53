#!/bin/sh
# Eight texts of 50 KB to 200 MB for `npm run bench -- plan --file FOLDER`, of Debian's packages and the bundled corpus:
#   sh bench/plan-texts.sh FOLDER
# It needs apt-get, dpkg, python3 and xz, and 1 GB while it works. The texts stay where they are made: each has its own licence.
set -eu
shakespeare=$(cd "$(dirname "$0")/.." && pwd)/examples/corpus/tinyshakespeare.txt
mkdir -p "$1"
cd "$1"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for package in dict-gcide fortunes-zh libpython3.11-minimal libpython3.11-stdlib linux-source-6.1; do
  (cd "$scratch" && apt-get download -qq "$package" 2> /dev/null && dpkg -x "$package"_*.deb "$package")
done

cp "$shakespeare" play.txt
head -c 50000 "$shakespeare" > play-50k.txt

# A dictionary, Chinese prose, and Chinese verse.
dictionary="$scratch/dict-gcide/usr/share/dictd/gcide.dict.dz"
python3 -c 'import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())' "$dictionary" > dictionary.txt
fortunes="$scratch/fortunes-zh/usr/share/games/fortunes"
cp "$fortunes/chinese" chinese.txt
cat "$fortunes/tang300" "$fortunes/song100" > verse.txt

# Source code: Python's own library, and 200 MB of Linux.
find "$scratch"/libpython3.11-* -name '*.py' -type f | LC_ALL=C sort | xargs cat > python.txt
tar -xOf "$scratch/linux-source-6.1/usr/src/linux-source-6.1.tar.xz" --wildcards '*.c' 2> /dev/null | head -c 200000000 > linux.txt

# The play as a log of a chat: who speaks, and when.
python3 - play.txt > chat.txt << 'END'
import sys
second = 0
for part in open(sys.argv[1]).read().split("\n\n"):
    name, _, lines = part.partition(":\n")
    for line in lines.split("\n"):
        second += 3 + len(line) // 8
        print(f"[{second // 3600 % 24:02}:{second // 60 % 60:02}] <{name.lower().replace(' ', '_')}> {line}")
END
