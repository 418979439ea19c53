import { useQuery } from "@tanstack/react-query";
import { JobState, type RunSort } from "@trainer/platform/browser";
import { useId, useState, type ReactNode } from "react";
import { capabilitiesQuery } from "../../api/capabilities.js";
import { columns } from "./columns.js";
import styles from "./runs.module.css";
import { SearchBox } from "./search-box.js";
import type { RunsSearch } from "./search.js";
import { Tags } from "./tags-field.js";

const states: Readonly<Record<JobState, string>> = {
  queued: "Waiting",
  running: "Running",
  completed: "Finished",
  failed: "Failed or stopped",
};

export interface FiltersProps {
  readonly view: RunsSearch;
  readonly change: (change: Partial<RunsSearch>) => void;
  readonly onSort: (sort: RunSort) => void;
  /** Tags to propose. */
  readonly tags: readonly string[];
  readonly children: ReactNode;
}

/** Which runs are shown: search, status, family, tags; and on a narrow screen by what they are sorted. */
export function Filters({ view, change, onSort, tags, children }: FiltersProps) {
  const { status = "", family = "", tag = [], q = "", sort = "created_at" } = view;
  const sorts = columns.flatMap(({ sort, title }) => (sort === undefined ? [] : [{ sort, title }]));
  return (
    <div className={styles.filters}>
      <SearchBox q={q} onSearch={(q) => change({ q: q || undefined })} />
      <Choice label="Status" value={status} onChoose={(name) => change({ status: JobState.safeParse(name).data })}>
        <option value="">Any status</option>
        {JobState.options.map((name) => (
          <option key={name} value={name}>
            {states[name]}
          </option>
        ))}
      </Choice>
      <FamilyChoice family={family} onChoose={(name) => change({ family: name || undefined })} />
      <TagFilter tags={tags} onAdd={(added) => change({ tag: [...new Set([...tag, added])] })} />
      <div className={styles.narrow}>
        <Choice
          label="Sort by"
          value={sort}
          onChoose={(name) => sorts.filter(({ sort }) => sort === name).forEach(({ sort }) => onSort(sort))}
        >
          <option value="run_id">Run</option>
          {sorts.map(({ sort, title }) => (
            <option key={sort} value={sort}>
              {title}
            </option>
          ))}
        </Choice>
      </div>
      {children}
      <Tags
        tags={tag}
        onRemove={(removed) => {
          const left = tag.filter((each) => each !== removed);
          change({ tag: left.length === 0 ? undefined : left });
        }}
      />
    </div>
  );
}

function FamilyChoice({ family, onChoose }: { readonly family: string; readonly onChoose: (name: string) => void }) {
  const { data } = useQuery(capabilitiesQuery);
  const families = data?.model_families ?? [];
  return (
    <Choice label="Model family" value={family} onChoose={onChoose}>
      <option value="">Any family</option>
      {family !== "" && !families.some(({ name }) => name === family) && <option value={family}>{family}</option>}
      {families.map(({ name, title }) => (
        <option key={name} value={name}>
          {title}
        </option>
      ))}
    </Choice>
  );
}

/** A tag to filter by, proposed from those in sight. */
function TagFilter({ tags, onAdd }: { readonly tags: readonly string[]; readonly onAdd: (tag: string) => void }) {
  const [text, setText] = useState("");
  const id = useId();
  const add = (tag: string) => {
    setText("");
    if (tag.trim() !== "") onAdd(tag.trim());
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add(text);
      }}
    >
      <input
        className={styles.input}
        aria-label="Only with the tag"
        placeholder="Tag"
        list={id}
        value={text}
        onChange={({ target }) => (tags.includes(target.value) ? add(target.value) : setText(target.value))}
      />
      <datalist id={id}>
        {tags.map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
    </form>
  );
}

const Choice = ({
  label,
  value,
  onChoose,
  children,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChoose: (value: string) => void;
  readonly children: ReactNode;
}) => (
  <select className={styles.input} aria-label={label} value={value} onChange={({ target }) => onChoose(target.value)}>
    {children}
  </select>
);
