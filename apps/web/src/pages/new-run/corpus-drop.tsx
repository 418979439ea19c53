import { useQuery } from "@tanstack/react-query";
import { useId, useState, type DragEvent } from "react";
import { corporaQuery } from "../../api/corpora.js";
import { Button } from "../../parts/button.js";
import { bytes } from "../../parts/figures.js";
import { sentenceOf } from "../../parts/states.js";
import styles from "./corpus.module.css";
import { freeName, useUpload, type Sending, type Uploading } from "./use-upload.js";

/** Takes a text from the reader's machine, and sends it to the service. */
export function CorpusDrop({ done }: { readonly done: (name: string, bytes: number) => void }) {
  const id = useId();
  const [isOver, setIsOver] = useState(false);
  const [isSeveral, setIsSeveral] = useState(false);
  const upload = useUpload(done);
  const take = (files: FileList | null) => {
    const [file, ...others] = files ?? [];
    setIsSeveral(others.length > 0);
    if (file !== undefined && others.length === 0) upload.begin(file);
  };
  const drag = (over: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setIsOver(over);
  };
  return (
    <div
      className={isOver ? `${styles.drop} ${styles.over}` : styles.drop}
      onDragEnter={drag(true)}
      onDragOver={drag(true)}
      onDragLeave={drag(false)}
      onDrop={(event) => {
        drag(false)(event);
        take(event.dataTransfer.files);
      }}
    >
      {upload.sending === null ? (
        <>
          <input
            id={id}
            type="file"
            className="visually-hidden"
            aria-describedby={`${id}-help`}
            onChange={({ target }) => {
              take(target.files);
              target.value = ""; // the same file may be chosen again
            }}
          />
          <label htmlFor={id} className={styles.choose}>
            Choose a text file
          </label>
          <p id={`${id}-help`} className={styles.help}>
            or drop one here: plain text, Markdown, JSON lines, a table (.csv), a page (.html), an e-book (.epub), mails
            (.mbox), an exported chat, subtitles or a notebook, in UTF-8.
          </p>
        </>
      ) : (
        <Progress upload={upload} sending={upload.sending} />
      )}
      {isSeveral && (
        <p className={styles.refused} role="alert">
          One file at a time, please. A folder of texts goes into the folder <code>corpus</code> of the service’s data.
        </p>
      )}
    </div>
  );
}

function Progress({ upload, sending }: { readonly upload: Uploading; readonly sending: Sending }) {
  const { file, name, sent } = sending;
  const { data } = useQuery(corporaQuery);
  const { error, isTaken } = upload;
  return (
    <div className={styles.progress}>
      <p className={styles.name} dir="auto" title={name}>
        {name}
      </p>
      <progress max={Math.max(1, file.size)} value={sent} aria-label={`Sending ${name}`} />
      <p className={styles.help}>
        {bytes(sent)} of {bytes(file.size)}
      </p>
      {error !== null && (
        <p className={styles.refused} role="alert">
          {sentenceOf(error)}
        </p>
      )}
      <div className={styles.actions}>
        {error !== null && !isTaken && <Button onClick={() => upload.begin(file, name)}>Go on</Button>}
        {isTaken && (
          <>
            <Button onClick={() => upload.begin(file, freeName(name, data?.corpora.map((each) => each.name) ?? []))}>
              Keep both
            </Button>
            <Button kind="danger" onClick={() => upload.begin(file, name, true)}>
              Replace the other
            </Button>
          </>
        )}
        <Button onClick={upload.stop}>Cancel</Button>
      </div>
    </div>
  );
}
