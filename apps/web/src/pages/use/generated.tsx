import type { GenerateResponse } from "@trainer/platform/browser";
import { Button } from "../../parts/button.js";
import { CopyButton } from "../../parts/copy-button.js";
import { count } from "../../parts/figures.js";
import { Failed } from "../../parts/states.js";
import { isUnderWay, type Answer } from "./use-answer.js";
import { Waiting } from "./waiting.js";
import styles from "./use.module.css";

export interface GeneratedProps {
  readonly answer: Answer<GenerateResponse>;
  readonly answerPath: (accepted: GenerateResponse) => string;
  readonly asked: { readonly prompt: string; readonly seed: string };
  readonly onKeepSeed: () => void;
  readonly isKept: boolean;
  readonly retry: () => void;
}

/** Texts of a model, as they are written. */
export function Generated({ answer, answerPath, asked, onKeepSeed, isKept, retry }: GeneratedProps) {
  const { state, result, error } = answer;
  const texts = result?.outputs ?? answer.texts;
  if (state === "idle") return <p className={styles.quiet}>Nothing yet. What the model writes appears here.</p>;
  return (
    <>
      {(state === "waiting" || answer.isAway) && <Waiting answer={answer} answerPath={answerPath} />}
      {error !== null && <Failed what="There is no answer." error={error} retry={retry} />}
      {state === "stopped" && <p role="status">Stopped. {texts.length === 0 && "Nothing was written yet."}</p>}
      {texts.length > 0 && (
        <>
          <ol className={styles.texts} aria-label="Texts">
            {texts.map((text, i) => (
              // oxlint-disable-next-line react/no-array-index-key -- a sequence is its number
              <li key={i} className={styles.item}>
                <div className={styles.itemHead}>
                  <span>{[texts.length > 1 ? `Text ${i + 1}` : "Text", ...about(result, i)].join(" · ")}</span>
                  <CopyButton text={asked.prompt + text} what={`text ${i + 1}`} />
                </div>
                <p className={styles.written} dir="auto">
                  <span className={styles.prompt}>{asked.prompt}</span>
                  {text}
                  {isUnderWay(answer) && <span className={styles.caret} aria-hidden="true" />}
                </p>
                {result !== null && text === "" && <p className={styles.quiet}>{ENDED_AT_ONCE}</p>}
              </li>
            ))}
          </ol>
          <p className={styles.seed}>
            Seed <code>{asked.seed}</code>
            <CopyButton text={asked.seed} what="the seed" />
            <Button onClick={onKeepSeed} disabled={isKept}>
              {isKept ? "Kept" : "Keep this seed"}
            </Button>
            <span className={styles.quiet}>The same seed, settings and text give the same answer.</span>
          </p>
        </>
      )}
      <p role="status" className="visually-hidden">
        {state === "done" && "The text is complete."}
      </p>
    </>
  );
}

const ENDED_AT_ONCE =
  "The model ended the text at once. Give it a longer beginning, or let it go on: “End with the text”: No.";

function about(result: GenerateResponse | null, i: number): string[] {
  if (result === null) return [];
  const tokens = result.steps_per_sequence?.[i];
  const many = tokens === undefined ? [] : [`${count(tokens)} ${tokens === 1 ? "token" : "tokens"}`];
  return [...many, result.eos_terminated?.[i] === true ? "ended by the model" : "ended by its length"];
}
