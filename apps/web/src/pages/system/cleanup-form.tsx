import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { cleanUp, systemQuery } from "../../api/system.js";
import { Button } from "../../parts/button.js";
import { OptionField } from "../../parts/option-field.js";
import { Failed } from "../../parts/states.js";
import { CleanupReportView } from "./cleanup-report.js";
import { AT_FIRST, parts, refusalOf, requestOf, type CleanupKind, type Texts } from "./cleanup-request.js";
import { RemoveDialog } from "./remove-dialog.js";
import styles from "./system.module.css";

/** Says what a cleanup would remove, and once that was seen and confirmed, removes it. */
export function CleanupForm() {
  const queryClient = useQueryClient();
  const [kinds, setKinds] = useState<ReadonlySet<CleanupKind>>(new Set(AT_FIRST));
  const [texts, setTexts] = useState<Texts>({});
  const [isAsking, setIsAsking] = useState(false);
  const looking = useMutation({ mutationFn: cleanUp });
  const removing = useMutation({
    mutationFn: cleanUp,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: systemQuery.queryKey }),
  });
  const shown = removing.data ?? looking.data;
  const failure = removing.error ?? looking.error;
  const chosen = parts.filter(({ kind }) => kinds.has(kind));
  const isRefused = chosen.some(({ limits }) => limits.some(({ name }) => refusalOf(texts[name] ?? "") !== undefined));
  const forget = () => {
    looking.reset();
    removing.reset();
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    forget();
    looking.mutate(requestOf(kinds, texts));
  };
  return (
    <form className={styles.cleanup} onSubmit={submit} aria-label="Clean up">
      {parts.map(({ kind, title, limits }) => (
        <fieldset key={kind} className={styles.part}>
          <legend>
            <label className={styles.choice}>
              <input
                type="checkbox"
                checked={kinds.has(kind)}
                onChange={({ target }) => {
                  const others = [...kinds].filter((each) => each !== kind);
                  setKinds(new Set(target.checked ? [...others, kind] : others));
                  forget();
                }}
              />
              {title}
            </label>
          </legend>
          {kinds.has(kind) && (
            <div className={styles.limits}>
              {limits.map(({ name, title: limit, facts }) => (
                <OptionField
                  key={name}
                  name={name}
                  title={limit}
                  facts={facts}
                  value={texts[name] ?? ""}
                  onChange={(text) => {
                    setTexts({ ...texts, [name]: text });
                    forget();
                  }}
                  refusal={refusalOf(texts[name] ?? "")}
                />
              ))}
            </div>
          )}
        </fieldset>
      ))}
      <div className={styles.buttons}>
        <Button type="submit" isBusy={looking.isPending} disabled={isRefused || chosen.length === 0}>
          See what would go
        </Button>
      </div>
      {failure !== null && <Failed what="That could not be cleaned up." error={failure} />}
      {shown !== undefined && (
        <CleanupReportView report={shown} isBusy={removing.isPending} remove={() => setIsAsking(true)} />
      )}
      {isAsking && looking.data !== undefined && (
        <RemoveDialog
          report={looking.data}
          close={() => setIsAsking(false)}
          remove={() => {
            setIsAsking(false);
            removing.mutate({ ...requestOf(kinds, texts), dry_run: false });
          }}
        />
      )}
    </form>
  );
}
