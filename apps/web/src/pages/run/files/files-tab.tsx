import type { RunStatus } from "@trainer/platform/browser";
import { archivePath } from "../../../api/run.js";
import button from "../../../parts/button.module.css";
import { Panel } from "../../../parts/panel.js";

/** The files of a run. */
export const FilesTab = ({ run }: { readonly run: RunStatus }) => (
  <Panel title="The whole run">
    <p>One archive with the model, its tokenizer, its settings and its curves, to keep or to use on another machine.</p>
    <p>
      <a className={button.button} href={archivePath(run.run_id)} download>
        Download
      </a>
    </p>
  </Panel>
);
