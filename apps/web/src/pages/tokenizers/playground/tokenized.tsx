import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Button } from "../../../parts/button.js";
import { FigureList } from "../../../parts/figure-list.js";
import { count, UNKNOWN } from "../../../parts/figures.js";
import { Failed, Loading } from "../../../parts/states.js";
import { Heads, Table } from "../../../parts/table.js";
import { countedOf, longest, mostFrequent, type Counted } from "./counted.js";
import { encodingQuery } from "./encoding.js";
import { piecesOf, tokensOf, type Encoded, type Token } from "./pieces.js";
import styles from "./playground.module.css";
import { TokenText } from "./token-text.js";

/** Tokens that are shown at once. */
const PORTION = 1000;
const LISTED = 15;

/** A text as one tokenizer cuts it. */
export function Tokenized({ id, text }: { readonly id: string; readonly text: string }) {
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...encodingQuery(id, text),
    placeholderData: keepPreviousData,
  });
  if (text === "") return <p className={styles.quiet}>Its tokens stand here once there is a text.</p>;
  if (error !== null) return <Failed what="The text is not cut." error={error} retry={refetch} />;
  if (data === undefined) return <Loading what="the tokens" />;
  return (
    <div className={styles.tokenized} aria-busy={isPlaceholderData}>
      <Counts encoded={data} />
      <Tokens label={`Tokens of ${id}`} encoded={data} />
    </div>
  );
}

function Counts({ encoded }: { readonly encoded: Encoded }) {
  const { bytes_per_token: each, unknown_tokens: unknown } = encoded;
  const figures = [
    ["Tokens", count(encoded.token_count)],
    ["Characters", count(encoded.characters)],
    ["Bytes", count(encoded.bytes)],
    ["Bytes per token", each === null ? UNKNOWN : each.toFixed(2)],
    ["Unknown tokens", count(unknown)],
  ] as const;
  return (
    <div role="group" aria-label="Counts">
      <FigureList figures={figures} />
    </div>
  );
}

function Tokens({ label, encoded }: { readonly label: string; readonly encoded: Encoded }) {
  const [most, setMost] = useState(PORTION);
  const [isOpen, setOpen] = useState(false);
  const [isRanked, setRanked] = useState(false);
  const tokens = tokensOf(encoded, most);
  const rest = (encoded.token_count ?? 0) - tokens.length;
  return (
    <>
      <TokenText label={label} pieces={piecesOf(encoded.text, tokens, rest <= 0)} />
      {rest > 0 && (
        <p className={styles.quiet}>
          {count(rest)} more tokens. <Button onClick={() => setMost(most + PORTION)}>Show more</Button>
        </p>
      )}
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className={styles.summary}>As a table</summary>
        {isOpen && <TokenTable label={`${label}, as a table`} tokens={tokens} text={encoded.text} />}
      </details>
      <details onToggle={(event) => setRanked(event.currentTarget.open)}>
        <summary className={styles.summary}>The most frequent and the longest</summary>
        {isRanked && <Ranked label={label} encoded={encoded} />}
      </details>
    </>
  );
}

const TokenTable = ({
  label,
  tokens,
  text,
}: {
  readonly label: string;
  readonly tokens: readonly Token[];
  readonly text: string;
}) => (
  <div className={styles.rows}>
    <Table label={label}>
      <Heads of={[{ number: "Token" }, { number: "Id" }, "Spelled", "Text", { number: "Bytes" }]} />
      <tbody>
        {tokens.map(({ number, id, spelled, start, end, bytes }) => (
          <tr key={number}>
            <td data-number="">{count(number)}</td>
            <td data-number="">{id}</td>
            <td>
              <code dir="auto">{spelled}</code>
            </td>
            <td>
              <code dir="auto">{JSON.stringify(text.slice(start, end))}</code>
            </td>
            <td data-number="">{bytes}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  </div>
);

function Ranked({ label, encoded }: { readonly label: string; readonly encoded: Encoded }) {
  const counted = useMemo(() => countedOf(encoded), [encoded]);
  return (
    <div className={styles.sides}>
      <CountedTable
        title="Most frequent"
        label={`${label}, the most frequent`}
        counted={mostFrequent(counted, LISTED)}
      />
      <CountedTable title="Longest" label={`${label}, the longest`} counted={longest(counted, LISTED)} />
    </div>
  );
}

const CountedTable = ({
  title,
  label,
  counted,
}: {
  readonly title: string;
  readonly label: string;
  readonly counted: readonly Counted[];
}) => (
  <div className={styles.side}>
    <h3>{title}</h3>
    <Table label={label}>
      <Heads of={["Text", { number: "Id" }, { number: "Times" }]} />
      <tbody>
        {counted.map(({ id, text, times }) => (
          <tr key={id}>
            <th scope="row">
              <code dir="auto">{JSON.stringify(text)}</code>
            </th>
            <td data-number="">{id}</td>
            <td data-number="">{count(times)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  </div>
);
