import type { ConversationStatistics } from "@trainer/training/files";
import { leftOutSentences } from "@trainer/training/options";
import { duplicates, fileFacts, shownText } from "./corpus-facts.js";
import { formatCount, formatShare } from "./quantity.js";

/** What conversations are like, in JSON. */
export const conversationsJson = (s: ConversationStatistics): object => ({
  files: s.files,
  formats: s.formats,
  bytes: s.bytes,
  conversations: s.conversations,
  duplicate_conversations: s.duplicates,
  duplicates_exact: s.duplicatesExact,
  roles: s.roles,
  learnt: s.learnt,
  longest: s.longest,
  left_out: s.leftOut,
  examples: s.examples,
});

/** The same for a reader; of each example what is only read and what is learnt. */
export function conversationFacts(s: ConversationStatistics): string[] {
  const { system, user, assistant } = s.roles;
  const all = system.characters + user.characters + assistant.characters;
  const turns = Object.entries(s.roles).flatMap(([role, { turns: count }]) =>
    count === 0 ? [] : [`${formatCount(count)} ${role}`],
  );
  return [
    ...fileFacts(s),
    `records     ${formatCount(s.conversations)} conversations`,
    `turns       ${turns.join(", ")}`,
    `answers     ${formatCount(s.learnt.turns)} to learn, ${formatCount(s.learnt.characters)} of ${formatCount(all)} characters (${formatShare(s.learnt.characters, all)})`,
    `duplicates  ${duplicates(s.duplicates, s.duplicatesExact)} (${formatShare(s.duplicates, s.conversations)})`,
    `longest     ${formatCount(s.longest.characters)} characters in ${formatCount(s.longest.turns)} turns`,
    ...leftOutSentences(s.leftOut).map((sentence) => `left out    ${sentence}`),
    ...s.examples.flatMap((turns, i) => [
      "",
      `conversation ${i + 1}`,
      ...turns.map(
        ({ role, content, trained }) => `  ${trained ? "learnt" : "read  "} ${role.padEnd(9)} ${shownText(content)}`,
      ),
    ]),
  ];
}
