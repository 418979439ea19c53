// node scripts/instructions.js (after npm run build) writes examples/corpus/instructions.jsonl: conversations of one
// question and one answer, made of this repository's own words and of the plays beside them.
import { readFileSync, writeFileSync } from "node:fs";
import { TrainOptions } from "@trainer/options";
import { at } from "./paths.js";
import { say } from "./say.js";

/** @typedef {readonly [question: string, answer: string]} Asked */

const OUT = "examples/corpus/instructions.jsonl";
/** Longest answer in characters: with its question it is within the quickstart's 128 tokens. */
const MOST = 200;
/** Speeches of the plays: few, since a model that was not shown one cannot know it. */
const SPEECHES = 120;

/** @param {string} text Markdown */
const plain = (text) =>
  text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll("`", "")
    .trim();
/** @param {string} text */
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;

/**
 * The same question in several words: a model that was shown some of them has to answer the others.
 * @param {string} thing
 * @param {string} kind
 * @param {string} answer
 * @returns {Asked[]}
 */
const asked = (thing, kind, answer) =>
  [
    `What is ${thing}?`,
    `What is meant by ${thing}?`,
    `What does ${thing} mean?`,
    `What does the ${kind} ${thing} mean?`,
    `Explain ${thing}.`,
    `Explain the ${kind} ${thing} to me.`,
    `Tell me about ${thing}.`,
    `Can you say what ${thing} is?`,
    `In a few words: ${thing}?`,
    `${thing}?`,
  ].map((question) => [question, sentence(answer)]);

/** Words of the glossary, from the rows of its table. */
const words = readFileSync(at("docs", "glossary.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(2)
  .flatMap((row) => {
    const [, word = "", meaning = ""] = row.split("|").map(plain);
    return asked(word, "word", meaning);
  });

const options = Object.entries(TrainOptions.shape).flatMap(([name, { description }]) => {
  if (description === undefined) return [];
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return asked(flag, "option", plain(description));
});

/** Speeches from all over the plays, each by its speaker. */
function speeches() {
  const plays = readFileSync(at("examples", "corpus", "tinyshakespeare.txt"), "utf8").split("\n\n");
  const all = plays.flatMap((speech) => {
    const [, speaker = "", said = ""] = /^([^\n:]+):\n([^]{40,})$/.exec(speech.trim()) ?? [];
    return said === "" || said.length > MOST ? [] : [{ speaker, said }];
  });
  const every = Math.ceil(all.length / SPEECHES);
  return all
    .filter((_, i) => i % every === 0)
    .map(({ speaker, said }) => /** @type {Asked} */ ([`What would ${speaker} say?`, said]));
}

const lines = [...words, ...options, ...speeches()]
  .filter(([, answer]) => answer.length <= MOST)
  .map(([question, answer]) =>
    JSON.stringify({
      messages: [
        { role: "user", content: question },
        { role: "assistant", content: answer },
      ],
    }),
  );
writeFileSync(at(OUT), `${lines.join("\n")}\n`);
say(`${lines.length} conversations in ${OUT}`);
