import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { RunFile } from "@trainer/platform/browser";
import { filesQuery } from "../../../api/run.js";
import { bytes, count, moment } from "../../../parts/figures.js";
import { Panel } from "../../../parts/panel.js";
import { Empty, Unread } from "../../../parts/states.js";
import { Heads, Table } from "../../../parts/table.js";
import { FilePreview } from "./file-preview.js";
import styles from "./files.module.css";

/** The files of a run, and what is in one of them. */
export function FilesTab({ runId, live }: { readonly runId: string; readonly live: boolean }) {
  const query = useQuery(filesQuery(runId, live));
  const { data } = query;
  const { file } = useSearch({ from: "/runs/$runId" });
  const navigate = useNavigate({ from: "/runs/$runId" });
  if (data === undefined) return <Unread what="the files" query={query} />;
  if (data.files.length === 0)
    return (
      <Empty title="No files here">
        <p>
          {live
            ? "They are here when the run has begun."
            : "The files of a run are removed from here when it has been sent to the file service. “Download” above has them all."}
        </p>
      </Empty>
    );
  const shown = data.files.find(({ path }) => path === file);
  const show = (path: string) => {
    navigate({ search: (before) => ({ ...before, file: path }), replace: true, resetScroll: false }).catch(reportError);
  };
  return (
    <div className={styles.tab}>
      <Panel
        title={`${count(data.files.length)} files, ${bytes(data.files.reduce((sum, each) => sum + each.bytes, 0))}`}
      >
        {data.truncated && <p>There are more than are listed.</p>}
        <FileTable files={data.files} shown={shown} show={show} />
      </Panel>
      {shown !== undefined && <FilePreview key={shown.path} runId={runId} file={shown} />}
    </div>
  );
}

const FileTable = ({
  files,
  shown,
  show,
}: {
  readonly files: readonly RunFile[];
  readonly shown: RunFile | undefined;
  readonly show: (path: string) => void;
}) => (
  <Table label="Files of the run">
    <Heads of={["File", { number: "Size" }, { number: "Step" }, "Changed"]} />
    <tbody>
      {files.map((file) => (
        <tr key={file.path}>
          <th scope="row">
            <button
              type="button"
              className={styles.file}
              aria-pressed={file === shown}
              title={file.path}
              onClick={() => show(file.path)}
            >
              {file.path}
            </button>
          </th>
          <td data-number>{bytes(file.bytes)}</td>
          <td data-number>{file.step === null ? "" : count(file.step)}</td>
          <td>{moment(file.modified)}</td>
        </tr>
      ))}
    </tbody>
  </Table>
);
