import * as fc from "fast-check";
import { expect, test } from "vitest";
import { HtmlText } from "./html-text.js";

function read(page: string, size = 1 << 20, how: ConstructorParameters<typeof HtmlText>[1] = {}): string {
  const reader = new HtmlText("a.html", how);
  const characters = Array.from(page);
  const texts: Buffer[] = [];
  for (let at = 0; at < characters.length; at += size)
    texts.push(...reader.push(Buffer.from(characters.slice(at, at + size).join(""))));
  texts.push(...reader.end());
  expect(reader.replaced).toBe(0);
  return Buffer.concat(texts).toString();
}

const PAGE = `<?xml version="1.0"?><!DOCTYPE html>
<html lang="cs"><head><title>Title</title><meta charset="utf-8">
<style>p { color: red }</style><script src="a.js"/></head>
<body class="a > b">
<nav><ul><li>Home</ul></nav>
<h1>Žluť&nbsp;&amp; kůň</h1>
<!-- a comment <p> --><p>One  <b>bold</b>word
 &#x1F600;&eacute;&lt;3 a<br>b<br/><br>c</p><script>if (a < b) "</p>"</script>
<ul><li>first<li> second </ul>
<table><tr><th>a</th> <th> b</th></tr><tr><td>1<td>2</table>
<pre>
  code
    more

end
</pre>after<div>x</div><div>y</div>
<form>Name <input value="v"> <select><option>o</select></form>
<noscript>none</noscript><ruby>漢<rt>かん</rt></ruby>
<footer>(c)</footer></body></html>
`;
const TEXT = `Žluť\u00a0& kůň

One boldword 😀é<3 a
b

c

first
second

a\tb
1\t2

  code
    more

end

after
x
y

Name

漢
`;

test("the main text of a page is taken, without tags, scripts, styles and menus", () => {
  expect(read(PAGE)).toBe(TEXT);
  expect(read(PAGE.replaceAll("\n", "\r\n"))).toBe(TEXT);
  expect(read("only words")).toBe("only words\n");
  expect(read("<p>AT&am")).toBe("AT&am\n");
  expect(read("<pre>x</pre>\u00a0<pre>\n</pre>")).toBe("x\n\n\u00a0\n");
  for (const nothing of ["", " \n", "<p></p>", "<script>x</script>"]) expect(read(nothing)).toBe("");
});

test("where a page has a main part that alone is its text, and one with too much before it is read whole", () => {
  const page = `<body>menu<main hidden><h1>One</h1></main>between<main><p>two</main><div>legal</div>`;
  for (const size of [1, 9, 1000]) {
    expect(read(page, size)).toBe("One\n\ntwo\n");
    expect(read(`<aside><main>a</main></aside>b`, size)).toBe("b\n");
    const reader = new HtmlText("a.html", { mostBeforeMain: 3 });
    const texts: Buffer[] = [];
    for (let at = 0; at < page.length; at += size) texts.push(...reader.push(Buffer.from(page.slice(at, at + size))));
    expect(Buffer.concat([...texts, ...reader.end()]).toString()).toBe("menu\n\nOne\n\nbetween\n\ntwo\n\nlegal\n");
  }
});

test("chunks may end anywhere", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), (size) => {
      for (const page of [PAGE, PAGE.replaceAll("\n", "\r\n")]) expect(read(page, size)).toBe(TEXT);
    }),
  );
});

test("any text comes back from a page that holds it", () => {
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const text = fc.string({ unit: fc.constantFrom("a", "&", "<", ">", ";", "ž", '"', "😀"), minLength: 1 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), fc.integer({ min: 1, max: 9 }), (texts, size) => {
      expect(read(texts.map((each) => `<p>${escaped(each)}</p>`).join("\n"), size)).toBe(`${texts.join("\n\n")}\n`);
    }),
  );
});

test("what JSON and NULs would smuggle in becomes U+FFFD", () => {
  expect(read("a&#0;b&#xD800;c")).toBe("a\ufffdb\ufffdc\n");
});

test("a page that is cut short is refused with the place", () => {
  for (const [page, message] of [
    [
      "<p>one</p><a href='x",
      /^a\.html, character 1[14]: the file ends within a tag or comment: is it whole, and HTML\?/,
    ],
    ["<p>one</", /character 7: the file ends within a tag or comment/],
    ["<p>one<!-- two ", /character 7: the file ends within a tag or comment/],
    ["<p>one<script>two", /the file ends within a script or style/],
    ["<style>p {</sty", /the file ends within a (?:tag or comment|script or style)/],
  ] as const) {
    for (const size of [1, 100]) expect(() => read(page, size)).toThrow(message);
  }
});

test("hostile pages are refused before they are held, and take no time", () => {
  expect(() => read("<b>".repeat(3000))).toThrow(/character \d+: more than 2048 elements are open within each other/);
  expect(() => read(`<p>a<!--${"x".repeat(200)}`, 10, { mostMarkup: 64 })).toThrow(
    "a tag or comment is longer than 64 characters",
  );
  expect(() => read(`<p>a<b ${"x='y' ".repeat(30)}>`, 10, { mostMarkup: 64 })).toThrow(
    "a tag or comment is longer than 64",
  );
  expect(read(`${"<i>".repeat(2000)}a${"</x>".repeat(20_000)}`)).toBe("a\n");
  expect(read("<".repeat(300_000)).length).toBe(300_001);
  expect(read(`a${" ".repeat(1_000_000)}b`)).toBe("a b\n");
});

test("end tags of what is not open are passed over as the parser does, wherever chunks end, and take no time", () => {
  const names = ["p", "div", "br", "td", "b", "pre", "svg", "foreignObject", "script"];
  const tag = fc.tuple(fc.constantFrom("<", "</", "x<", "x</"), fc.constantFrom(...names)).map(([a, b]) => `${a}${b}>`);
  const page = fc.array(tag, { maxLength: 30 }).map((tags) => `<p>a</p>${tags.join("y ")}</script>z`);
  // In chunks of one character no end tag is whole in one, so that all of them are left to the parser itself.
  fc.assert(
    fc.property(page, (text) => {
      expect(read(text, 1 << 20, { mayBeCut: true })).toBe(read(text, 1, { mayBeCut: true })); // within a script
    }),
  );
  const msWithin = (open: number) => {
    const began = performance.now();
    expect(read(`${"<div>".repeat(open)}a${"</p></i>".repeat(200_000)}b`)).toBe("a\n\nb\n");
    return performance.now() - began;
  };
  const quickest = (open: number) => Math.min(...Array.from({ length: 4 }, () => msWithin(open)));
  expect(quickest(2000)).toBeLessThan(4 * quickest(1)); // five times and more, where each is compared with all that are open
});
