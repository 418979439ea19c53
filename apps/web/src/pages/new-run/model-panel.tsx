import { useQuery } from "@tanstack/react-query";
import { tokenizersQuery } from "../../api/tokenizers.js";
import { OptionField } from "../../parts/option-field.js";
import { Panel } from "../../parts/panel.js";
import { capitalized, inWords, sentence } from "../../parts/words.js";
import { ChoiceCards } from "./choice-cards.js";
import { trainsOn } from "./draft.js";
import { fieldsNamed } from "./fields.js";
import { Fold } from "./fold.js";
import type { Form } from "./form.js";
import styles from "./new-run.module.css";
import { dimensionsOf, familyOf, isGiven, settingOf, type Family, type Texts } from "./request.js";
import { SettingField } from "./setting-field.js";
import { StartsFrom } from "./starts-from.js";

/** What is trained: architecture, size, own dimensions, and the tokenizer. */
export const ModelPanel = ({ form }: { readonly form: Form }) => (
  <Panel title="Model">
    <StartsFrom form={form} />
    {trainsOn(form.draft) ? null : form.capabilities === undefined ? (
      <Names form={form} />
    ) : (
      <Architecture form={form} families={form.capabilities.model_families} />
    )}
    <Tokenizer form={form} />
  </Panel>
);

function Architecture({ form, families }: { readonly form: Form; readonly families: readonly Family[] }) {
  const { texts, capabilities } = form;
  const chosen = familyOf(texts, capabilities);
  const choose = ({ name, sizes }: Family) => {
    form.set({ model_family: name, ...(sizes.includes(settingOf(texts, "model_size")) ? {} : firstOf(sizes)) });
    form.change({ dimensions: {}, plan: null });
  };
  return (
    <>
      <ChoiceCards
        name="model_family"
        title="Architecture"
        cards={families.map((family) => ({ value: family.name, title: family.title, choose: () => choose(family) }))}
        value={settingOf(texts, "model_family")}
        refusal={refusalOf(form, "model_family")}
      />
      {chosen !== undefined && (
        <ChoiceCards
          name="model_size"
          title="Size"
          cards={chosen.sizes.map((size) => ({
            value: size,
            title: size,
            choose: () => {
              form.set({ model_size: size });
              form.change({ plan: null });
            },
          }))}
          value={settingOf(texts, "model_size")}
          refusal={refusalOf(form, "model_size")}
        />
      )}
      {chosen?.dimensions !== undefined && <Dimensions form={form} names={chosen.dimensions} />}
    </>
  );
}

const firstOf = (sizes: readonly string[]): Texts =>
  Object.fromEntries(sizes.slice(0, 1).map((size) => ["model_size", size]));

const refusalOf = ({ problems }: Form, name: string): string | undefined => {
  const problem = problems.get(name);
  return problem === undefined ? undefined : sentence(problem);
};

/** Until it is known what there is. */
const Names = ({ form }: { readonly form: Form }) => (
  <div className={styles.fields}>
    {fieldsNamed(["model_family", "model_size"]).map((field) => (
      <SettingField key={field.name} field={field} form={form} />
    ))}
  </div>
);

function Dimensions({ form, names }: { readonly form: Form; readonly names: readonly string[] }) {
  const dimensions = dimensionsOf(form.draft);
  const problem = refusalOf(form, "model_config");
  const changed = Object.values(dimensions).filter((text) => text.trim() !== "").length;
  return (
    <Fold
      title="Own dimensions and rates"
      note={changed === 0 ? "" : `${changed} changed`}
      isForced={problem !== undefined}
    >
      <p className={problem === undefined ? styles.help : styles.refused} role="status">
        {problem ?? "In place of those of the size. What is left empty is the size’s."}
      </p>
      <div className={styles.fields}>
        {names.map((name) => (
          <label key={name} className={styles.label}>
            {capitalized(inWords(name))}
            <input
              name={`model_config.${name}`}
              className={styles.input}
              value={dimensions[name] ?? ""}
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => form.change({ dimensions: { ...form.draft.dimensions, [name]: target.value } })}
            />
          </label>
        ))}
      </div>
    </Fold>
  );
}

const OF_READY = fieldsNamed(["tokenizer_id"]);
const OF_NEW = fieldsNamed(["tokenizer_method", "vocab_size", "min_frequency"]);

/** A trained tokenizer, or how one is trained first; weights of another run have theirs. */
function Tokenizer({ form }: { readonly form: Form }) {
  const { data } = useQuery(tokenizersQuery);
  if (isGiven(form.texts, "pretrained_run_id"))
    return <p className={styles.help}>The tokenizer is that of the run whose weights this one starts from.</p>;
  const completed = data?.tokenizers.filter(({ status }) => status === "completed") ?? [];
  const chosen = form.texts["tokenizer_id"] ?? "";
  const ids = completed.map(({ tokenizer_id: id }) => ({ value: id, title: id }));
  return (
    <>
      {OF_READY.map(({ name, title, facts }) => (
        <OptionField
          key={name}
          name={name}
          title={title}
          facts={{ ...facts, description: "It cuts the text into the tokens that the model reads." }}
          choices={[
            { value: "", title: "Train one on this text" },
            ...ids,
            ...(chosen === "" || ids.some(({ value }) => value === chosen) ? [] : [{ value: chosen, title: chosen }]),
          ]}
          value={chosen}
          onChange={(id) => form.set({ [name]: id })}
          refusal={refusalOf(form, name)}
        />
      ))}
      {chosen === "" && (
        <div className={styles.fields}>
          {OF_NEW.map((each) => (
            <SettingField key={each.name} field={each} form={form} />
          ))}
        </div>
      )}
    </>
  );
}
