"""Unpacks from a wheel what matches the first pattern and not the second: unpack.py WHEEL FOLDER WANTED UNWANTED."""

import re
import sys
import zipfile

wheel, folder, wanted, unwanted = sys.argv[1:5]
with zipfile.ZipFile(wheel) as archive:
    members = [m for m in archive.infolist() if re.search(wanted, m.filename) and not re.search(unwanted, m.filename)]
    total = sum(m.file_size for m in members)
    done = 0
    for member in members:
        archive.extract(member, folder)
        done += member.file_size
        print(f"{done} {total}", flush=True)
