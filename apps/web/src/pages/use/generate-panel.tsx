import { GenerateOptions } from "@trainer/options";
import { GenerateRequest, GenerateResponse } from "@trainer/platform/browser";
import { useState } from "react";
import { runPath } from "../../api/run.js";
import { Panel } from "../../parts/panel.js";
import { AskButtons } from "./ask-buttons.js";
import { Generated } from "./generated.js";
import { SettingsForm } from "./settings-form.js";
import { drawnSeed, fieldsOf, refusalsOf, settingsOf, type Values } from "./settings.js";
import { TextField } from "./text-field.js";
import { useAnswer, type Asking } from "./use-answer.js";
import styles from "./use.module.css";

const SETTINGS = settingsOf(GenerateOptions.omit({ prompt: true }).shape, GenerateRequest.shape);
const FIRST = ["max_new_tokens", "temperature", "num_return_sequences"] as const;

const asking = (run: string): Asking<typeof GenerateResponse> => {
  const path = runPath(run, "generate");
  return { schema: GenerateResponse, path, answerPath: ({ request_id }) => `${path}/${request_id}` };
};

/** Has a run's model go on with a text. */
export function GeneratePanel({ run }: { readonly run: string }) {
  const [prompt, setPrompt] = useState("");
  const [values, setValues] = useState<Values>({});
  /** What the answer that is shown was asked with. */
  const [asked, setAsked] = useState({ prompt: "", seed: "" });
  const question = asking(run);
  const { answer, start, stop } = useAnswer(question);

  const body = { prompt_text: prompt, ...fieldsOf(SETTINGS, values) };
  const refusals = refusalsOf(GenerateRequest, body);
  const isRefused = Object.keys(refusals).length > 0;
  const generate = () => {
    if (isRefused) return;
    const seed = "seed" in body ? body.seed : drawnSeed();
    setAsked({ prompt, seed: String(seed) });
    start({ ...body, seed }).catch(reportError);
  };

  return (
    <div className={styles.columns}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          generate();
        }}
      >
        <TextField
          label="Beginning of the text"
          rows={5}
          placeholder="The model goes on from here. Empty: it begins a text of its own."
          value={prompt}
          refusal={refusals["prompt_text"]}
          onChange={setPrompt}
          onSend={generate}
        />
        <SettingsForm settings={SETTINGS} first={FIRST} values={values} refusals={refusals} onChange={setValues}>
          <AskButtons title="Generate" canAsk={!isRefused} answer={answer} stop={stop}>
            <span className={styles.quiet}>or Ctrl + Enter</span>
          </AskButtons>
        </SettingsForm>
      </form>
      <Panel title="What it writes">
        <Generated
          answer={answer}
          answerPath={question.answerPath}
          asked={asked}
          onKeepSeed={() => setValues({ ...values, seed: asked.seed })}
          isKept={values["seed"] === asked.seed}
          retry={generate}
        />
      </Panel>
    </div>
  );
}
