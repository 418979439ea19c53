import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ApiError } from "../../api/ask.js";
import { uploadCorpus } from "../../api/corpora.js";

/** A text that is sent, and how far. */
export interface Sending {
  readonly file: File;
  readonly name: string;
  readonly sent: number;
}

export interface Uploading {
  readonly sending: Sending | null;
  readonly error: Error | null;
  readonly isSending: boolean;
  /** True where another text has the name. */
  readonly isTaken: boolean;
  readonly begin: (file: File, name?: string, replace?: boolean) => void;
  /** Ends it: what has come stays for a day, and the same file goes on from there. */
  readonly stop: () => void;
}

/** Sends texts to the service, one at a time. */
export function useUpload(done: (name: string, bytes: number) => void): Uploading {
  const queryClient = useQueryClient();
  const [sending, setSending] = useState<Sending | null>(null);
  const stopper = useRef<AbortController | null>(null);
  const upload = useMutation({
    mutationFn: async ({
      file,
      name,
      replace,
    }: {
      readonly file: File;
      readonly name: string;
      readonly replace: boolean;
    }) => {
      stopper.current?.abort();
      const { signal } = (stopper.current = new AbortController());
      const onProgress = (sent: number) => setSending({ file, name, sent });
      await uploadCorpus({ name, file, replace, onProgress, signal });
      return { name, bytes: file.size };
    },
    onSuccess: ({ name, bytes }) => {
      setSending(null);
      queryClient.invalidateQueries({ queryKey: ["corpora"] }).catch(reportError);
      done(name, bytes);
    },
  });
  const { error } = upload;
  return {
    sending,
    error,
    isSending: upload.isPending,
    isTaken: error instanceof ApiError && error.status === 409,
    begin: (file, name = file.name, replace = false) => {
      setSending({ file, name, sent: 0 });
      upload.mutate({ file, name, replace });
    },
    stop: () => {
      stopper.current?.abort();
      upload.reset();
      setSending(null);
    },
  };
}

/** book.txt -> book (2).txt, or what number is free. */
export function freeName(name: string, taken: readonly string[]): string {
  const [, stem = "", ending = ""] = /^(.+?)((?:\.[^.]{1,8}){0,2})$/s.exec(name) ?? [];
  for (let n = 2; ; n += 1) {
    const free = `${stem} (${n})${ending}`;
    if (!taken.includes(free)) return free;
  }
}
