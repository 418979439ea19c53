"""What the writers of tables by code point share: what they go through, and how they write what they find."""

POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def runs(kind_of):
    """First code point of each run of one kind << 2 | the kind; surrogates, which no text holds, are of kind 0."""
    found, last = [], 0
    for c in range(0x110000):
        kind = 0 if 0xD800 <= c < 0xE000 else kind_of(chr(c))
        if kind != last:
            found.append(c << 2 | kind)
            last = kind
    return found


def emit(name, comment, values):
    print(f"// {comment}\nconst uint32_t {name}[] = {{")
    line = "   "
    for value in values:
        item = f" {value:#x},"
        if len(line) + len(item) > 120:
            print(line)
            line = "   "
        line += item
    print(f"{line}\n}};\nconst size_t {name}Size = {len(values)};\n")
