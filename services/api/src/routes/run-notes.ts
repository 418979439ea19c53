import { RunNotes } from "@trainer/platform";
import type { Notes } from "../services/notes.js";
import { BODY, CONTRADICTED, MISSING } from "./answers.js";
import { RunParams } from "./runs.js";
import type { ZodApp } from "./zod-app.js";

/** Tags and notes that people write on runs. */
export function runNoteRoutes(app: ZodApp, { notes }: { readonly notes: Notes }): void {
  const tags = ["Runs"];
  const params = RunParams;

  app.get(
    "/runs/:run_id/notes",
    {
      schema: {
        tags,
        summary: "A run's tags and the note on it",
        params,
        response: { 200: RunNotes, ...MISSING },
      },
    },
    (req) => notes.need(req.params.run_id),
  );

  app.put(
    "/runs/:run_id/notes",
    {
      schema: {
        tags,
        summary: "Replace a run's tags and the note on it",
        description: "They lie in the run's folder, stay when it is cleaned away, and go when the run is removed.",
        params,
        body: RunNotes,
        response: { 200: RunNotes, ...MISSING, ...BODY, ...CONTRADICTED },
      },
    },
    (req) => notes.replace(req.params.run_id, req.body),
  );
}
