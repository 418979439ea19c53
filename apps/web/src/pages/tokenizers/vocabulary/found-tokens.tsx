import { useQuery } from "@tanstack/react-query";
import type { Vocabulary } from "@trainer/platform/browser";
import { useState } from "react";
import { Button } from "../../../parts/button.js";
import { FigureList } from "../../../parts/figure-list.js";
import { count, share, UNKNOWN } from "../../../parts/figures.js";
import { Failed, Loading } from "../../../parts/states.js";
import { Heads, Table } from "../../../parts/table.js";
import { PAGE, vocabularyQuery } from "./vocabulary-query.js";
import styles from "./vocabulary.module.css";

/** Figures of a vocabulary, and its tokens in which something is found, a page at a time. */
export function FoundTokens({ id, q }: { readonly id: string; readonly q: string }) {
  const [place, setPlace] = useState({ q, offset: 0 });
  const offset = place.q === q ? place.offset : 0; // another search begins anew
  const goTo = (there: number) => setPlace({ q, offset: there });
  const { data, error, refetch, isPlaceholderData } = useQuery(vocabularyQuery(id, q, offset));
  if (error !== null) return <Failed what="The tokens are not read." error={error} retry={refetch} />;
  if (data === undefined) return <Loading what="the tokens" />;
  const { found, tokens } = data;
  const last = offset + tokens.length;
  return (
    <div className={styles.all} aria-busy={isPlaceholderData}>
      <Figures vocabulary={data} />
      <div className={styles.pages}>
        <p role="status">
          {found === 0 ? "No token has this." : `${count(offset + 1)} to ${count(last)} of ${count(found)}`}
        </p>
        <Button disabled={offset === 0} onClick={() => goTo(offset - PAGE)}>
          Before
        </Button>
        <Button disabled={last >= found} onClick={() => goTo(offset + PAGE)}>
          Next
        </Button>
      </div>
      {found > 0 && <Tokens label={`Tokens of ${id}`} tokens={tokens} />}
      <details>
        <summary className={styles.summary}>The longest</summary>
        <Tokens label={`The longest tokens of ${id}`} tokens={data.longest} />
      </details>
      <details>
        <summary className={styles.summary}>How long they are, in characters</summary>
        <Lengths lengths={data.lengths} />
      </details>
    </div>
  );
}

function Figures({ vocabulary }: { readonly vocabulary: Vocabulary }) {
  const { kinds, token_count: all, scripts } = vocabulary;
  const figures = [
    ["Tokens", count(all)],
    ["Of text", count(kinds.text)],
    ["Of bytes", count(kinds.bytes)],
    ["Special and added", count(kinds.special + kinds.added)],
    [
      "Writing",
      scripts
        .slice(0, 4)
        .map(({ script, tokens }) => `${script} ${share(tokens / all)}`)
        .join(", ") || UNKNOWN,
    ],
  ] as const;
  return <FigureList figures={figures} />;
}

const Tokens = ({ label, tokens }: { readonly label: string; readonly tokens: Vocabulary["tokens"] }) => (
  <div className={styles.rows}>
    <Table label={label}>
      <Heads of={[{ number: "Id" }, "Text", "Spelled", { number: "Characters" }, { number: "Bytes" }, "Kind"]} />
      <tbody>
        {tokens.map(({ id, text, spelled, characters, bytes, kind }) => (
          <tr key={id}>
            <td data-number="">{id}</td>
            <th scope="row">
              {text === null ? (
                <span className={styles.quiet}>part of a character</span>
              ) : (
                <code dir="auto">{JSON.stringify(text)}</code>
              )}
            </th>
            <td>
              <code dir="auto">{spelled}</code>
            </td>
            <td data-number="">{count(characters)}</td>
            <td data-number="">{count(bytes)}</td>
            <td>{kind}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  </div>
);

function Lengths({ lengths }: Pick<Vocabulary, "lengths">) {
  const most = Math.max(1, ...lengths.map(({ tokens }) => tokens));
  return (
    <ul className={styles.lengths} aria-label="Tokens by their characters">
      {lengths.map(({ characters, tokens }) => (
        <li key={characters}>
          <span>{characters < 20 ? characters : "20 and more"}</span>
          <span className={styles.bar} style={{ inlineSize: `${(100 * tokens) / most}%` }} />
          <span>{count(tokens)}</span>
        </li>
      ))}
    </ul>
  );
}
