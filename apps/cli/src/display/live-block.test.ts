import { expect, test } from "vitest";
import { LiveBlock } from "./live-block.js";

function block(columns: () => number) {
  const writes: string[] = [];
  return { writes, live: new LiveBlock({ write: (text: string) => writes.push(text) }, columns) };
}

test("a second draw goes up over the first and overwrites it, in one write", () => {
  const { writes, live } = block(() => 20);
  live.draw(["one", "two"]);
  live.draw(["three"]);
  expect(writes).toEqual(["one\u001B[K\ntwo\u001B[K\n\u001B[J", "\r\u001B[2Athree\u001B[K\n\u001B[J"]);
});

test("a line too long for the terminal is cut, not wrapped", () => {
  const { writes, live } = block(() => 5);
  live.draw(["abcdefgh"]);
  expect(writes[0]).toBe("abcd\u001B[K\n\u001B[J");
});

test("on a terminal that has become narrower it goes up over the wrapped rows too", () => {
  let columns = 20;
  const { writes, live } = block(() => columns);
  live.draw(["abcdefghijkl", ""]);
  columns = 5;
  live.draw(["x"]);
  expect(writes[1]).toBe("\r\u001B[4Ax\u001B[K\n\u001B[J");
});

test("a line above the block stays, and a cleared or left block is not gone over again", () => {
  const { writes, live } = block(() => 20);
  live.draw(["bar"]);
  live.above("saved");
  live.draw(["bar"]);
  live.clear();
  live.draw(["bar"]);
  live.leave();
  live.draw(["next"]);
  expect(writes).toEqual([
    "bar\u001B[K\n\u001B[J",
    "\r\u001B[1A\u001B[Jsaved\n",
    "bar\u001B[K\n\u001B[J",
    "\r\u001B[1A\u001B[J",
    "bar\u001B[K\n\u001B[J",
    "next\u001B[K\n\u001B[J",
  ]);
});
