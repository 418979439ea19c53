import { Facts } from "./facts.js";
import type { Form } from "./form.js";
import { familyOf, settingOf } from "./request.js";

/** What will run, in a few words. */
export function Summary({ form }: { readonly form: Form }) {
  const { texts, capabilities } = form;
  const family = familyOf(texts, capabilities)?.title ?? settingOf(texts, "model_family");
  const steps = settingOf(texts, "max_steps");
  const passes = settingOf(texts, "num_epochs");
  return (
    <Facts
      facts={[
        ["Text", settingOf(texts, "corpus_path") || settingOf(texts, "corpus_file_id") || "not chosen yet"],
        ["Model", `${family}, ${settingOf(texts, "model_size")}`],
        ["Length", steps === "" ? `${passes} × through the text` : `${steps} steps`],
      ]}
    />
  );
}
