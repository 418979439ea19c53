import type { TokenizerInfo } from "@trainer/platform/browser";
import { Badge, type Tone } from "../../parts/badge.js";
import { percent, share, UNKNOWN } from "../../parts/figures.js";
import { Heads, Table } from "../../parts/table.js";
import styles from "./tokenizers.module.css";

const states: Readonly<Record<TokenizerInfo["status"], readonly [Tone, string]>> = {
  queued: ["quiet", "Waiting"],
  running: ["busy", "Training"],
  completed: ["good", "Ready"],
  failed: ["bad", "Failed"],
  unknown: ["warn", "Not found"],
};

/** Tokenizers, a row each. */
export const TokenizersTable = ({ tokenizers }: { readonly tokenizers: readonly TokenizerInfo[] }) => (
  <Table label="Tokenizers">
    <Heads
      of={[
        "Tokenizer",
        "Status",
        {
          number: "Text that comes back",
          title: "Of the bytes of the text that was kept apart: what comes back when its tokens are read again",
        },
        { number: "Unknown tokens", title: "Of the tokens of the text that was kept apart" },
        { number: "Known characters", title: "Of the different characters of the text that was kept apart" },
        "Line breaks",
      ]}
    />
    <tbody>
      {tokenizers.map((each) => (
        <Row key={each.tokenizer_id} tokenizer={each} />
      ))}
    </tbody>
  </Table>
);

function Row({ tokenizer }: { readonly tokenizer: TokenizerInfo }) {
  const { tokenizer_id: id, status, message, lost_share: lost, progress } = tokenizer;
  const [tone, title] = states[status];
  return (
    <tr>
      <th scope="row" className={styles.id} title={id}>
        {id}
      </th>
      <td>
        <Badge tone={tone}>{title}</Badge>
        {status === "running" && progress !== undefined && (
          <div className={styles.progress}>
            <progress max={100} value={progress} aria-label={`Progress of ${id}`} />
            <small>{percent(progress)}</small>
          </div>
        )}
        {message !== null && message !== undefined && (
          <p className={styles.message} dir="auto">
            {message}
          </p>
        )}
      </td>
      <td data-number="">{share(lost === undefined ? null : 1 - lost)}</td>
      <td data-number="">{share(tokenizer.oov_rate)}</td>
      <td data-number="">{share(tokenizer.char_coverage)}</td>
      <td>{lineBreaks(tokenizer.line_breaks)}</td>
    </tr>
  );
}

const lineBreaks = (kept: boolean | undefined): string => (kept === undefined ? UNKNOWN : kept ? "kept" : "lost");
