import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { RunStatus } from "@trainer/platform/browser";
import { useState } from "react";
import { archivePath, cancelRun, exportList, exportPath, isLive, removeRun, resumeRun } from "../../../api/run.js";
import { Button } from "../../../parts/button.js";
import buttonStyles from "../../../parts/button.module.css";
import { startDownload } from "../../../parts/start-download.js";
import { Failed } from "../../../parts/states.js";
import { RemoveDialog } from "../../runs/remove-dialog.js";
import styles from "./head.module.css";
import { TrainOnDialog } from "./train-on-dialog.js";

/** What can be done with a run in the state that it is in. */
export function Actions({
  run,
  hasAdapter,
}: {
  readonly run: RunStatus;
  /** True for a run that trained an adapter, which another does not start from; null before it is known. */
  readonly hasAdapter: boolean | null;
}) {
  const { run_id: runId, status, training } = run;
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setIsAsking] = useState(false);
  const [trainedSteps, setTrainedSteps] = useState<number | null>(null); // of a run that is to be trained on
  const again = () => queryClient.invalidateQueries({ queryKey: ["run", runId] });
  const stop = useMutation({ mutationFn: () => cancelRun(runId), onSuccess: again });
  const resume = useMutation({
    mutationFn: (end: { readonly max_steps?: number }) => resumeRun(runId, end),
    onSuccess: again,
  });
  const exporting = useMutation({
    // Asked for first: a download that is refused says nothing.
    mutationFn: (adapter: boolean) => exportList(runId, adapter),
    onSuccess: (_, adapter) => startDownload(exportPath(runId, adapter)),
  });
  const remove = useMutation({
    mutationFn: () => removeRun(runId),
    onSuccess: () => {
      queryClient.removeQueries({ queryKey: ["run", runId] });
      return navigate({ to: "/runs", search: {} });
    },
  });
  const failure = stop.error ?? resume.error ?? exporting.error ?? remove.error;
  const isStopping = isLive(run) && (stop.isPending || stop.isSuccess);
  return (
    <>
      <div className={styles.actions}>
        {isLive(run) && (
          <Button
            isBusy={isStopping}
            title="It stops after the step that it is at; what it has learnt is kept."
            onClick={() => stop.mutate()}
          >
            {isStopping ? "Stopping …" : "Stop and keep"}
          </Button>
        )}
        {status === "failed" && (
          <Button
            kind="primary"
            isBusy={resume.isPending}
            title="It goes on from its newest checkpoint."
            onClick={() => resume.mutate({})}
          >
            Resume
          </Button>
        )}
        {status === "completed" && (
          <Link className={`${buttonStyles.button} ${buttonStyles.primary}`} to="/use" search={{ run: runId }}>
            Use
          </Link>
        )}
        {status === "completed" && hasAdapter === false && training !== null && (
          <Button
            isBusy={resume.isPending}
            title="The same run, to a later end."
            onClick={() => setTrainedSteps(training.step)}
          >
            Train further
          </Button>
        )}
        {status === "completed" && hasAdapter === false && (
          <Link
            className={buttonStyles.button}
            to="/new-run"
            search={{ from: runId, train_on: true }}
            title="A new run that begins with these weights; this one stays as it is."
          >
            Train on
          </Link>
        )}
        <Link
          className={buttonStyles.button}
          to="/new-run"
          search={{ from: runId }}
          title="A new run that begins with the settings of this one."
        >
          Clone
        </Link>
        {status === "completed" && (
          <Button
            isBusy={exporting.isPending}
            title="The model alone, as transformers and most other programs open it: a tar file with one folder."
            onClick={() => exporting.mutate(false)}
          >
            Export
          </Button>
        )}
        {status === "completed" && hasAdapter && (
          <Button
            isBusy={exporting.isPending}
            title="What the run has learnt alone, in the format of PEFT, to be put on the model that it began with."
            onClick={() => exporting.mutate(true)}
          >
            Export adapter
          </Button>
        )}
        {!isLive(run) && (
          <>
            <a
              className={buttonStyles.button}
              href={archivePath(runId)}
              download
              title="The whole run as one file, to keep or to use on another machine."
            >
              Download
            </a>
            <Button kind="danger" isBusy={remove.isPending} onClick={() => setIsAsking(true)}>
              Delete
            </Button>
          </>
        )}
      </div>
      {failure !== null && <Failed what="That did not work." error={failure} />}
      {trainedSteps !== null && (
        <TrainOnDialog
          steps={trainedSteps}
          close={() => setTrainedSteps(null)}
          trainOn={(steps) => {
            setTrainedSteps(null);
            resume.mutate({ max_steps: steps });
          }}
        />
      )}
      {isAsking && (
        <RemoveDialog
          runs={[run]}
          close={() => setIsAsking(false)}
          remove={() => {
            setIsAsking(false);
            remove.mutate();
          }}
        />
      )}
    </>
  );
}
