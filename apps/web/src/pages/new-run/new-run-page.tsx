import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask } from "../../api/ask.js";
import { Failed, Loading } from "../../parts/states.js";
import { ClonedManifest, clonedDraft } from "./clone.js";
import { newDraft, storeDraft, storedDraft } from "./draft.js";
import { NewRunForm } from "./new-run-form.js";
import styles from "./new-run.module.css";
import { presets } from "./presets.js";

/** A training from a text, or with the settings of another run. */
export function NewRunPage() {
  const { from } = useSearch({ from: "/new-run" });
  const navigate = useNavigate();
  const [round, setRound] = useState(0);
  const again = () => {
    storeDraft(null);
    setRound(round + 1);
    navigate({ to: "/new-run", search: {}, replace: true }).catch(reportError);
  };
  return (
    <>
      <h1 className={styles.heading}>New run</h1>
      {from === undefined ? (
        <NewRunForm key={round} begun={storedDraft() ?? newDraft(presets[0].name)} again={again} />
      ) : (
        <Cloned key={from} from={from} again={again} />
      )}
    </>
  );
}

function Cloned({ from, again }: { readonly from: string; readonly again: () => void }) {
  const [stored] = useState(storedDraft);
  const isKept = stored?.from === from;
  const { data, error, refetch } = useQuery({
    queryKey: ["runs", from, "manifest", "settings"],
    queryFn: ({ signal }) => ask(ClonedManifest, `/runs/${encodeURIComponent(from)}/manifest`, { signal }),
    enabled: !isKept,
    staleTime: Infinity,
  });
  if (isKept) return <NewRunForm begun={stored} again={again} />;
  if (data !== undefined) return <NewRunForm begun={clonedDraft(from, data)} again={again} />;
  if (error !== null) return <Failed what="The settings of that run cannot be read." error={error} retry={refetch} />;
  return <Loading what={`the settings of ${from}`} />;
}
