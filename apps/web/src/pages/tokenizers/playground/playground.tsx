import { EncodeRequest, type TokenizerInfo } from "@trainer/platform/browser";
import { useId, useState } from "react";
import field from "../../../parts/option-field.module.css";
import { useSettled } from "../../../parts/use-settled.js";
import { sentence } from "../../../parts/words.js";
import { ReadyPanel } from "../ready-panel.js";
import { TokenizerSelect } from "../tokenizer-select.js";
import styles from "./playground.module.css";
import { Tokenized } from "./tokenized.js";

/** How long nothing is written before the text is cut. */
const PAUSE_MS = 400;

/** Shows how tokenizers cut a text of the reader's, one or two side by side. */
export const Playground = ({ tokenizers }: { readonly tokenizers: readonly TokenizerInfo[] }) => (
  <ReadyPanel
    tokenizers={tokenizers}
    title="Try on a text"
    open="Write a text"
    about="See the tokens that a text becomes, and where two tokenizers differ."
  >
    {(ids, newest) => <Trial ids={ids} newest={newest} />}
  </ReadyPanel>
);

function Trial({ ids, newest }: { readonly ids: readonly string[]; readonly newest: string }) {
  const id = useId();
  const [text, setText] = useState("");
  const [first, setFirst] = useState(newest);
  const [second, setSecond] = useState("");
  const settled = useSettled(text, PAUSE_MS);
  const { error } = EncodeRequest.safeParse({ text: settled });
  const refusal = error?.issues[0]?.message;
  const sides = [
    { label: "Tokenizer", chosen: first, choose: setFirst, options: ids },
    { label: "Beside it", chosen: second, choose: setSecond, options: ["", ...ids] },
  ];
  return (
    <div className={styles.trial}>
      <div className={field.field}>
        <label className={field.label} htmlFor={`${id}-text`}>
          Text to cut into tokens
        </label>
        <textarea
          id={`${id}-text`}
          className={field.input}
          rows={4}
          dir="auto"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-invalid={refusal !== undefined}
          aria-describedby={`${id}-refusal`}
        />
        <p id={`${id}-refusal`} role="status" className={field.refusal}>
          {refusal !== undefined && sentence(refusal)}
        </p>
      </div>
      <div className={styles.sides}>
        {sides.map(({ label, chosen, choose, options }) => (
          <div key={label} className={styles.side}>
            <TokenizerSelect label={label} ids={options} chosen={chosen} choose={choose} />
            {chosen !== "" && refusal === undefined && <Tokenized key={chosen} id={chosen} text={settled} />}
          </div>
        ))}
      </div>
    </div>
  );
}
