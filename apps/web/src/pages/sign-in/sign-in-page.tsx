import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "../../api/ask.js";
import { signIn } from "../../api/session.js";
import { Button } from "../../parts/button.js";
import { sentenceOf } from "../../parts/states.js";
import styles from "./sign-in.module.css";

/** Asks for the API's key, and goes back to where the reader came from. */
export function SignInPage() {
  const { from } = useSearch({ from: "/sign-in" });
  const router = useRouter();
  const queryClient = useQueryClient();
  const [key, setKey] = useState("");
  const entry = useMutation({
    mutationFn: signIn,
    onSuccess: () => {
      queryClient.clear();
      router.history.push(`/app${isOwnPage(from) ? from : "/runs"}`);
    },
  });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        entry.mutate(key);
      }}
    >
      <h1>Sign in</h1>
      <p className={styles.help}>
        These pages ask for the key of the service. <code>trainer ui</code>, typed where they run, opens them signed in;{" "}
        <code>trainer serve</code> prints an address that does the same. The key also stands in <code>keys.json</code>{" "}
        in the folder of your runs.
      </p>
      <label className={styles.label}>
        Key
        <input
          className={styles.input}
          type="password"
          autoComplete="current-password"
          value={key}
          required
          onChange={({ target }) => setKey(target.value)}
          aria-describedby={entry.isError ? "refused" : undefined}
          aria-invalid={entry.isError}
        />
      </label>
      {entry.isError && (
        <p id="refused" role="alert" className={styles.refused}>
          {refusal(entry.error)}
        </p>
      )}
      <Button type="submit" kind="primary" isBusy={entry.isPending}>
        Sign in
      </Button>
    </form>
  );
}

const refusal = (error: Error): string =>
  error instanceof ApiError && error.status === 401 ? "That is not the key of this service." : sentenceOf(error);

/** A page of ours: an address that a stranger has put there is not followed. */
const isOwnPage = (path: string | undefined): path is string => path !== undefined && /^\/(?![/\\]|sign-in)/.test(path);
