import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { RunNotes } from "@trainer/platform/browser";
import { Popover } from "radix-ui";
import { useState } from "react";
import { notesQuery, saveNotes } from "../../api/runs.js";
import { Button } from "../../parts/button.js";
import { Failed, Unread } from "../../parts/states.js";
import styles from "./runs.module.css";
import { TagsField } from "./tags-field.js";

/** Edits a run's tags and the note on it, where they stand. */
export function NotesEditor({ runId }: { readonly runId: string }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Popover.Root open={isOpen} onOpenChange={setIsOpen}>
      <Popover.Trigger className={styles.edit} aria-label={`Tags and note of ${runId}`} title="Tags and note">
        <span aria-hidden="true">✎</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={styles.popover}
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label={`Tags and note of ${runId}`}
        >
          <StoredNotes runId={runId} close={() => setIsOpen(false)} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function StoredNotes({ runId, close }: { readonly runId: string; readonly close: () => void }) {
  const query = useQuery({ ...notesQuery(runId), staleTime: 0, gcTime: 0 });
  if (query.data !== undefined) return <NotesForm runId={runId} stored={query.data} close={close} />;
  return <Unread what="the note" query={query} />;
}

function NotesForm({
  runId,
  stored,
  close,
}: {
  readonly runId: string;
  readonly stored: RunNotes;
  readonly close: () => void;
}) {
  const queryClient = useQueryClient();
  const [tags, setTags] = useState(stored.tags);
  const [note, setNote] = useState(stored.note);
  const saving = useMutation({
    mutationFn: (notes: RunNotes) => saveNotes(runId, notes),
    onSuccess: async (saved) => {
      queryClient.setQueryData(notesQuery(runId).queryKey, saved);
      close();
      await queryClient.invalidateQueries({ queryKey: ["runs"] });
    },
  });
  return (
    <form
      className={styles.notes}
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate({ tags, note });
      }}
    >
      <TagsField tags={tags} onChange={setTags} />
      <label className={styles.field}>
        Note
        <textarea rows={5} dir="auto" value={note} onChange={({ target }) => setNote(target.value)} />
      </label>
      {saving.isError && <Failed what="This is not saved." error={saving.error} />}
      <div className={styles.formActions}>
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" kind="primary" isBusy={saving.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
