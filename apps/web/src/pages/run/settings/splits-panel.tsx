import type { RunManifest } from "../../../api/manifest.js";
import { bytes, count, percent } from "../../../parts/figures.js";
import { Panel } from "../../../parts/panel.js";
import { Heads, Table } from "../../../parts/table.js";

const titles = { train: "Training", validation: "Validation", test: "Test" } as const;
const names = ["train", "validation", "test"] as const;

/** The parts that the text was split into. */
export function SplitsPanel({ manifest: { splits } }: { readonly manifest: RunManifest }) {
  if (splits === null) return null;
  return (
    <Panel title="Parts of the text">
      <Table label="Size of each part">
        <Heads of={["Part", { number: "Documents" }, { number: "Tokens" }, { number: "Size" }, { number: "Share" }]} />
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{titles[name]}</th>
              <td data-number>{count(splits[name]?.documents)}</td>
              <td data-number>{count(splits[name]?.tokens)}</td>
              <td data-number>{bytes(splits[name]?.bytes)}</td>
              <td data-number>{percent(hundredfold(splits[name]?.share))}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}

const hundredfold = (share: number | null | undefined): number | null =>
  share === null || share === undefined ? null : share * 100;
