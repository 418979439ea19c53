import { ScoreOptions } from "@trainer/options";
import { ScoreRequest, ScoreResponse } from "@trainer/platform/browser";
import { useState } from "react";
import { runPath } from "../../api/run.js";
import { Panel } from "../../parts/panel.js";
import { Failed } from "../../parts/states.js";
import { AskButtons } from "./ask-buttons.js";
import { ScoreReport } from "./score-report.js";
import { SettingsForm } from "./settings-form.js";
import { fieldsOf, refusalsOf, settingsOf, type Values } from "./settings.js";
import { TextField } from "./text-field.js";
import { isUnderWay, useAnswer, type Asking } from "./use-answer.js";
import styles from "./use.module.css";
import { Waiting } from "./waiting.js";

const SETTINGS = settingsOf(
  ScoreOptions.omit({ text: true, path: true, detailLevel: true, stride: true }).shape,
  ScoreRequest.shape,
  { top_k: "Alternatives to list" },
);
const FIRST = ["top_k"] as const;
/** So many alternatives can be taken in at a glance. */
const AT_FIRST: Values = { top_k: "5" };

const asking = (run: string): Asking<typeof ScoreResponse> => {
  const path = runPath(run, "score");
  return { schema: ScoreResponse, path, answerPath: ({ request_id }) => `${path}/${request_id}` };
};

/** Shows how well a run's model foresees a text, and each part of it. */
export function ScorePanel({ run }: { readonly run: string }) {
  const [text, setText] = useState("");
  const [values, setValues] = useState(AT_FIRST);
  const question = asking(run);
  const { answer, start, stop } = useAnswer(question);
  const body = { text, detail_level: "per_char", ...fieldsOf(SETTINGS, values) };
  const refusals = refusalsOf(ScoreRequest, body);
  const isRefused = Object.keys(refusals).length > 0 || text === "";
  const score = () => {
    start(body).catch(reportError);
  };
  const { state, result, error } = answer;
  return (
    <div className={styles.columns}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          score();
        }}
      >
        <TextField
          label="Text to score"
          rows={8}
          placeholder="How surprised is the model by each word of this?"
          value={text}
          refusal={refusals["text"]}
          onChange={setText}
        />
        <SettingsForm settings={SETTINGS} first={FIRST} values={values} refusals={refusals} onChange={setValues}>
          <AskButtons title="Score" canAsk={!isRefused} answer={answer} stop={stop} />
        </SettingsForm>
      </form>
      <Panel title="How surprising it is">
        {state === "idle" && (
          <p className={styles.quiet}>
            Nothing yet. The text appears here, the warmer coloured the less the model foresaw it.
          </p>
        )}
        {isUnderWay(answer) && <Waiting answer={answer} answerPath={question.answerPath} />}
        {state === "stopped" && <p role="status">Stopped.</p>}
        {error !== null && <Failed what="There is no score." error={error} retry={score} />}
        {result !== null && <ScoreReport key={result.request_id} run={run} result={result} />}
      </Panel>
    </div>
  );
}
