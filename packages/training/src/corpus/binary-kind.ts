/** Signatures of files that are mistaken for text, with advice. */
const SIGNATURES: readonly (readonly [start: Buffer, kind: string])[] = [
  [Buffer.from([0xff, 0xfe, 0, 0]), "UTF-32: convert it to UTF-8 (`iconv -f UTF-32 -t UTF-8 FILE > NEW`)"],
  [Buffer.from([0, 0, 0xfe, 0xff]), "UTF-32: convert it to UTF-8 (`iconv -f UTF-32 -t UTF-8 FILE > NEW`)"],
  [Buffer.from([0xff, 0xfe]), "UTF-16: convert it to UTF-8 (`iconv -f UTF-16 -t UTF-8 FILE > NEW`)"],
  [Buffer.from([0xfe, 0xff]), "UTF-16: convert it to UTF-8 (`iconv -f UTF-16 -t UTF-8 FILE > NEW`)"],
  [
    Buffer.from("PK\u0003\u0004"),
    "a zip archive (as .docx and .odt are): give it a name that ends in .zip, an e-book one in .epub; of others take the text out first",
  ],
  [Buffer.from("%PDF-"), "a PDF: take the text out of it first (`pdftotext FILE NEW.txt`)"],
  [Buffer.from([0x1f, 0x8b, 8]), "gzip: unpack it (`gzip -dc < FILE > NEW`), or give it a name that ends in .gz"],
  [Buffer.from("BZh"), "bzip2: give it a name that ends in .bz2"],
  [Buffer.from("\u00fd7zXZ\u0000", "latin1"), "xz: give it a name that ends in .xz"],
  [
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    "zstd: unpack it (`zstd -dc < FILE > NEW`), or give it a name that ends in .zst",
  ],
  [Buffer.from("PAR1"), "Parquet: give it a name that ends in .parquet, or read it with --as parquet"],
];

const LEAST = 8; // bytes to judge by
const PLAUSIBLE = 0.95;
const SPACED = 0.04;
const DAMAGED = 0.1;
const PRINTABLE = /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\t\r\n]/gu;

/**
 * The kind of a file that is no UTF-8 text, by its first bytes, as a phrase with advice; null if unknown. `sure`: only
 * by mandatory signatures, for bytes that may be text.
 */
export function binaryKind(head: Buffer, { sure = false } = {}): string | null {
  // Words may begin like these two ("BZh…", "PAR1…"), so other signs must have spoken against text.
  const signature = SIGNATURES.find(([start]) => head.subarray(0, start.length).equals(start));
  if (signature !== undefined && !(sure && /^(?:BZh|PAR1)$/.test(signature[0].toString("latin1")))) {
    return waitsForMore(head, sure) ? null : signature[1];
  }
  if (sure) return null;
  if (head.length < LEAST || isDamagedText(head)) return null;
  for (const encoding of ["utf-16le", "utf-16be"] as const) {
    if (readsAs(encoding, head)) {
      const name = encoding.toUpperCase();
      return `${name} without a byte order mark: convert it to UTF-8 (\`iconv -f ${name} -t UTF-8 FILE > NEW\`)`;
    }
  }
  return null;
}

/** FF FE may be the start of UTF-32's mark: two more bytes tell. */
const waitsForMore = (head: Buffer, sure: boolean): boolean => sure && head[0] === 0xff && head.length < 4;

/** True for UTF-8 with some damaged bytes: pairs of ASCII letters would pass for Chinese ones of UTF-16. */
function isDamagedText(head: Buffer): boolean {
  const amiss = head.toString().match(/[^\P{Cc}\t\r\n]|\uFFFD/gu) ?? [];
  return amiss.length < DAMAGED * head.length;
}

/** True if bytes read as UTF-16 are nearly all letters, digits and the like; data is not. */
function readsAs(encoding: "utf-16le" | "utf-16be", head: Buffer): boolean {
  // A space of UTF-16 has a NUL beside it; without, they are those of an encoding of single bytes.
  const spaces = head.filter((byte) => byte === 0x20).length;
  const nuls = head.filter((byte) => byte === 0).length;
  if (spaces > 2 * nuls + SPACED * head.length) return false;
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(head, { stream: true });
    return text.length > 1 && (text.match(PRINTABLE) ?? []).join("").length >= PLAUSIBLE * text.length;
  } catch {
    return false; // half a surrogate pair: no UTF-16
  }
}
