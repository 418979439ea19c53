import type { Registry } from "@trainer/options";
import type { Capabilities } from "@trainer/platform/browser";
import { OptionField, type Choice } from "../../parts/option-field.js";
import { capitalized, inWords, sentence } from "../../parts/words.js";
import { fieldOf, type Field } from "./fields.js";
import type { Form } from "./form.js";
import { settingOf } from "./request.js";

/** A setting of a training: its name, what it is now, its help, and what is wrong with it. */
export function SettingField({
  field,
  form,
  choices = choicesOf(field, form.capabilities),
}: {
  readonly field: Field;
  readonly form: Form;
  readonly choices?: readonly Choice[];
}) {
  const { name, title, facts, preset, needs = "" } = field;
  const needed = fieldOf(needs);
  const text = form.texts[name] ?? "";
  const value = choices.length > 0 && text === preset ? "" : text; // of choices the default is the empty one
  const problem = form.problems.get(name);
  return (
    <OptionField
      name={name}
      title={title}
      facts={choices.length > 0 ? { ...facts, default: preset } : facts}
      choices={withOwn(choices, value)}
      value={value}
      onlyWith={needed && settingOf(form.texts, needs) === needed.preset ? needed.title : undefined}
      onChange={(text) => form.set({ [name]: text })}
      refusal={problem === undefined ? undefined : sentence(problem)}
    />
  );
}

const YES_NO: readonly Choice[] = [
  { value: "false", title: "No" },
  { value: "true", title: "Yes" },
];

function choicesOf({ facts, namesOf }: Field, capabilities: Capabilities | undefined): readonly Choice[] {
  if (facts.kind === "boolean") return YES_NO;
  if (namesOf !== undefined) return capabilities === undefined ? [] : namesIn(capabilities)[namesOf];
  return facts.choices.map((name) => ({ value: name, title: capitalized(inWords(name)) }));
}

const namesIn = (capabilities: Capabilities): Readonly<Record<Registry, readonly Choice[]>> => ({
  families: capabilities.model_families.map(({ name, title }) => ({ value: name, title })),
  methods: capabilities.tokenizer_methods.map(({ name, title }) => ({ value: name, title })),
  optimizers: capabilities.optimizers.map((name) => ({ value: name, title: name })),
});

/** A name that is not among the choices, as that of a plugin which is gone, is shown as it stands. */
const withOwn = (choices: readonly Choice[], value: string): readonly Choice[] =>
  choices.length === 0 || value === "" || choices.some((each) => each.value === value)
    ? choices
    : [...choices, { value, title: value }];
