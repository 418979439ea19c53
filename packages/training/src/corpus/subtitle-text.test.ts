import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SubtitleText } from "./subtitle-text.js";

function read(format: "srt" | "vtt", file: string, size = 1 << 20): string {
  const reader = new SubtitleText(`a.${format}`, format);
  const bytes = Buffer.from(file);
  const texts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) texts.push(...reader.push(bytes.subarray(at, at + size)));
  texts.push(...reader.end());
  expect(reader.replaced).toBe(0);
  return Buffer.concat(texts).toString();
}

const SRT = `1
00:00:01,000 --> 00:00:02,500
<i>Good <font color="#ff0000">morning</font></i>,
{\\an8}Žofie. 1 < 2, <3

2
00:00:02,600 --> 00:00:03,000 X1:10 X2:20
42

3
00:00:04,000 --> 00:00:05,000
<b></b>

4
0:06 --> 0:07
after it

a blank line
5
00:00:08,000 --> 00:00:09,000
10
`;

test("of SubRip the lines of cues are taken, without numbers, times and marks", () => {
  const text = "Good morning,\nŽofie. 1 < 2, <3\n42\nafter it\na blank line\n10\n";
  expect(read("srt", SRT)).toBe(text);
  expect(read("srt", SRT.trimEnd())).toBe(text);
  expect(read("srt", SRT.replaceAll("\n", "\r\n"))).toBe(text);
  expect(read("srt", SRT.replaceAll("\n", "\r"))).toBe(text);
  expect(read("srt", "")).toBe("");
  expect(read("srt", "\n\n7\n\n00:01 --> 00:02\n3\n4\nfour")).toBe("3\n4\nfour\n"); // two lines of digits, and cut numbers
});

const VTT = `WEBVTT - Kapitola
Kind: captions

STYLE
::cue { color: red }

NOTE not
to be read

intro
00:01.000 --> 00:02.000 align:start position:0%
<v Roger Bingham>We are in <c.loud>New&nbsp;York</c>
<00:01.500>A &lt; B &amp; &amp;lt; &rlm;&lrm;&gt; &copy;

01:00:02.000 --> 01:00:03.000
1
next
00:04.000 --> 00:05.000
last`;

test("of WebVTT too, without header, names, notes, styles and tags", () => {
  const text = "We are in New\u00a0York\nA < B & &lt; \u200f\u200e> &copy;\n1\nnext\nlast\n";
  for (const file of [VTT, VTT.replaceAll("\n", "\r\n")]) expect(read("vtt", file)).toBe(text);
  expect(read("vtt", "")).toBe("");
  expect(read("vtt", "WEBVTT")).toBe("");
});

test("chunks may end anywhere", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.constantFrom("\n", "\r\n", "\r"), (size, lineEnd) => {
      for (const [format, file] of [["srt", SRT] as const, ["vtt", VTT] as const])
        expect(read(format, file.replaceAll("\n", lineEnd), size)).toBe(read(format, file));
    }),
  );
});

test("what is no subtitles, or is cut short, is refused with the line, what was expected and what there was", () => {
  for (const size of [1, 100]) {
    expect(() => read("srt", "\n\nhello\n", size)).toThrow(
      "a.srt:3: before the first cue there is a line that is neither its number nor its times; expected cues: a number,",
    );
    expect(() => read("srt", "1\n00:00:01,000 -->\nhello", size)).toThrow(/^a\.srt:2: no times follow the number/);
    expect(() => read("srt", "1\n00:01 --> 00:02\none\n\n2", size)).toThrow(
      /^a\.srt:5: the file ends after the number of a cue: is it cut short\?/,
    );
    expect(() => read("vtt", SRT, size)).toThrow(/^a\.vtt:1: the first line is another one; expected WEBVTT/);
  }
});

test("a huge line is refused before it is held, and a line of nothing but opened marks takes no time", () => {
  expect(() => read("srt", `1\n0:01 --> 0:02\n${"x".repeat((1 << 20) + 1)}`, 1 << 16)).toThrow(
    /^a\.srt:3: the line is longer than 1048576 bytes;/,
  );
  const marks = `${"<".repeat(500_000)}{\\`;
  expect(read("vtt", `WEBVTT\n\n0:01 --> 0:02\n${marks}`)).toBe(`${marks}\n`);
  expect(read("srt", `0:01 --> 0:02\n${"<b ".repeat(300_000)}`).length).toBe(900_000);
});
