import { useQuery } from "@tanstack/react-query";
import type { RunFile } from "@trainer/platform/browser";
import { filePath, PREVIEW_BYTES, previewQuery, tensorsQuery } from "../../../api/run.js";
import buttonStyles from "../../../parts/button.module.css";
import { bytes, count } from "../../../parts/figures.js";
import { Panel } from "../../../parts/panel.js";
import { Unread } from "../../../parts/states.js";
import { Heads, Table } from "../../../parts/table.js";
import styles from "./files.module.css";
import { kindOf, shownText } from "./preview.js";

/** What is in a file of a run, as far as it can be read, and a way to keep it. */
export function FilePreview({ runId, file }: { readonly runId: string; readonly file: RunFile }) {
  const { path, sha256 } = file;
  return (
    <Panel
      title={path}
      actions={
        <a className={buttonStyles.button} href={filePath(runId, path)} download aria-label={`Download ${path}`}>
          Download
        </a>
      }
    >
      {sha256 !== null && (
        <p className={styles.hash}>
          SHA-256 <code>{sha256}</code>
        </p>
      )}
      <Content runId={runId} file={file} />
    </Panel>
  );
}

function Content({ runId, file }: { readonly runId: string; readonly file: RunFile }) {
  switch (kindOf(file.path)) {
    case "tensors":
      return <Tensors runId={runId} path={file.path} />;
    case "text":
      return <Text runId={runId} file={file} />;
    case "other":
      return <p className={styles.quiet}>This kind of file has no preview.</p>;
  }
}

function Tensors({ runId, path }: { readonly runId: string; readonly path: string }) {
  const query = useQuery(tensorsQuery(runId, path));
  const { data } = query;
  if (data === undefined) return <Unread what="the tensors" query={query} />;
  return (
    <Table label="Tensors of the file">
      <Heads of={["Tensor", "Type", "Shape", { number: "Size" }]} />
      <tbody>
        {data.tensors.map(({ name, dtype, shape, bytes: size }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{dtype}</td>
            <td>{shape.length === 0 ? "one value" : shape.map((each) => count(each)).join(" × ")}</td>
            <td data-number>{bytes(size)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Text({ runId, file }: { readonly runId: string; readonly file: RunFile }) {
  const query = useQuery({ ...previewQuery(runId, file.path), enabled: file.bytes > 0 });
  if (file.bytes === 0) return <p className={styles.quiet}>The file is empty.</p>;
  const { data } = query;
  if (data === undefined) return <Unread what="the file" query={query} />;
  return (
    <>
      {file.bytes > PREVIEW_BYTES && <p className={styles.quiet}>The first {bytes(PREVIEW_BYTES)} of it:</p>}
      <pre className={styles.text} tabIndex={0} aria-label={`Text of ${file.path}`} role="region" dir="auto">
        {shownText(file, data)}
      </pre>
    </>
  );
}
