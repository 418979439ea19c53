import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask } from "../../api/ask.js";
import { Failed, Loading } from "../../parts/states.js";
import { ClonedManifest, clonedDraft, trainOnDraft } from "./clone.js";
import { newDraft, storeDraft, storedDraft, trainsOn } from "./draft.js";
import { NewRunForm } from "./new-run-form.js";
import styles from "./new-run.module.css";
import { presets } from "./presets.js";

/** A training from a text, or with the settings of another run, or from its weights too. */
export function NewRunPage() {
  const { from, train_on: isOn = false } = useSearch({ from: "/new-run" });
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
        <Cloned key={`${from} ${isOn}`} from={from} isOn={isOn} again={again} />
      )}
    </>
  );
}

function Cloned({
  from,
  isOn,
  again,
}: {
  readonly from: string;
  /** True to start from its weights. */
  readonly isOn: boolean;
  readonly again: () => void;
}) {
  const [stored] = useState(storedDraft);
  const isKept = stored?.from === from && trainsOn(stored) === isOn;
  const draftOf = isOn ? trainOnDraft : clonedDraft;
  const { data, error, refetch } = useQuery({
    queryKey: ["runs", from, "manifest", "settings"],
    queryFn: ({ signal }) => ask(ClonedManifest, `/runs/${encodeURIComponent(from)}/manifest`, { signal }),
    enabled: !isKept,
    staleTime: Infinity,
  });
  if (isKept) return <NewRunForm begun={stored} again={again} />;
  if (data !== undefined) return <NewRunForm begun={draftOf(from, data)} again={again} />;
  if (error !== null) return <Failed what="The settings of that run cannot be read." error={error} retry={refetch} />;
  return <Loading what={`the settings of ${from}`} />;
}
