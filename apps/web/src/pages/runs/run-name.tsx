import { Link } from "@tanstack/react-router";
import type { ListedRun } from "@trainer/platform/browser";
import { NotesEditor } from "./notes-editor.js";
import styles from "./runs.module.css";

/** A run's id, its tags, and what edits them. */
export const RunName = ({ run, onTag }: { readonly run: ListedRun; readonly onTag: (tag: string) => void }) => (
  <div className={styles.run}>
    <div className={styles.runLine}>
      <Link to="/runs/$runId" params={{ runId: run.run_id }} className={styles.runLink} title={run.run_id} dir="auto">
        {run.run_id}
      </Link>
      <NotesEditor runId={run.run_id} />
    </div>
    {run.tags !== undefined && run.tags.length > 0 && (
      <div className={styles.tags}>
        {run.tags.map((tag) => (
          <button
            key={tag}
            type="button"
            className={styles.tag}
            dir="auto"
            title={`Show the runs with the tag ${tag}`}
            onClick={() => onTag(tag)}
          >
            {tag}
          </button>
        ))}
      </div>
    )}
  </div>
);
