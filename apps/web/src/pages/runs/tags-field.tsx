import { useState } from "react";
import styles from "./runs.module.css";

/** Tags, each with what takes it away, and a line for one more: Enter or a comma ends it, and so does leaving it. */
export function TagsField({
  tags,
  onChange,
}: {
  readonly tags: readonly string[];
  readonly onChange: (tags: string[]) => void;
}) {
  const [text, setText] = useState("");
  const add = () => {
    const tag = text.trim();
    setText("");
    if (tag !== "" && !tags.includes(tag)) onChange([...tags, tag]);
  };
  return (
    <div className={styles.field}>
      <Tags tags={tags} onRemove={(tag) => onChange(tags.filter((each) => each !== tag))} />
      <label className={styles.field}>
        Add a tag
        <input
          value={text}
          dir="auto"
          onChange={({ target }) => setText(target.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if ((event.key !== "Enter" && event.key !== ",") || text.trim() === "" || event.nativeEvent.isComposing)
              return;
            event.preventDefault(); // Enter in an empty line saves
            add();
          }}
        />
      </label>
    </div>
  );
}

/** Tags with what takes each away. */
export const Tags = ({
  tags,
  onRemove,
}: {
  readonly tags: readonly string[];
  readonly onRemove: (tag: string) => void;
}) =>
  tags.length > 0 && (
    <ul className={styles.chips} aria-label="Tags">
      {tags.map((tag) => (
        <li key={tag} className={styles.chip}>
          <span dir="auto">{tag}</span>
          <button type="button" aria-label={`Remove the tag ${tag}`} onClick={() => onRemove(tag)}>
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  );
