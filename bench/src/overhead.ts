import { ours, peer } from "./child.js";
import { OverheadResult } from "./overhead-settings.js";
import { median, type Benchmark } from "./report.js";

const SETTINGS = { calls: 100_000, repeats: 12 };
const WARM_UP = 4;

/** Overhead of one call: adding two 2 x 2 tensors, the result's allocation included. */
export const overhead: Benchmark = async ({ rounds, python, log }) => {
  const our = new Array<number>();
  const theirs = new Array<number>();
  for (let round = 0; round < rounds; round += 1) {
    const mine = await ours("./overhead-ours.js", SETTINGS, OverheadResult);
    const peers = await peer(python, "overhead.py", SETTINGS, OverheadResult);
    our.push(median(mine.nanoseconds.slice(WARM_UP)));
    theirs.push(median(peers.nanoseconds.slice(WARM_UP)));
    log(`round ${round + 1} of ${rounds}: ours ${our.at(-1)?.toFixed(0)} ns, Python ${theirs.at(-1)?.toFixed(0)} ns`);
  }
  const sides = [
    { name: "ours", rounds: our },
    { name: "torch from Python", rounds: theirs },
  ];
  return { benchmark: "overhead", unit: "ns/call", better: "lower", works: [{ name: "add of 2 x 2", sides }] };
};
