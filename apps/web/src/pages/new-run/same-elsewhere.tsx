import { Tabs } from "radix-ui";
import { CopyButton } from "../../parts/copy-button.js";
import { Panel } from "../../parts/panel.js";
import { commandLine, curlCall, tomlFile, withoutFlags } from "./commands.js";
import styles from "./new-run.module.css";
import type { Family, Request } from "./request.js";

interface Way {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly note: string;
}

/** The ways to have the same training without this page, to copy. */
export function SameElsewhere({ request, family }: { readonly request: Request; readonly family: Family | undefined }) {
  return (
    <Panel title="The same without this page">
      <Tabs.Root defaultValue="command" className={styles.ways}>
        <Tabs.List className={styles.tabs} aria-label="Ways">
          {waysOf(request, family).map(({ name, title }) => (
            <Tabs.Trigger key={name} value={name} className={styles.tab}>
              {title}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {waysOf(request, family).map(({ name, title, text, note }) => (
          <Tabs.Content key={name} value={name} className={styles.way}>
            <p className={styles.help}>{note}</p>
            <pre className={styles.code} tabIndex={0} aria-label={title}>
              {text}
            </pre>
            <CopyButton text={text} what={title} />
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </Panel>
  );
}

function waysOf(request: Request, family: Family | undefined): readonly Way[] {
  const others = withoutFlags(request);
  const missing = others.length === 0 ? "" : ` It has no flags for ${others.join(", ")}: those are left out.`;
  return [
    {
      name: "command",
      title: "Command",
      text: commandLine(request, family),
      note: `In a terminal of this machine, in the folder where the text lies.${missing}`,
    },
    {
      name: "curl",
      title: "curl",
      text: curlCall(request, location.origin),
      note: "From any program that speaks HTTP. KEY is the key of this service.",
    },
    {
      name: "toml",
      title: "TOML",
      text: tomlFile(request, family),
      note: "As training.toml in the folder where the text lies, for: trainer train --options training.toml",
    },
  ];
}
