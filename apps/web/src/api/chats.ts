import { queryOptions, skipToken } from "@tanstack/react-query";
import { CancelAccepted, ChatHistory, ChatList } from "@trainer/platform/browser";
import { ask } from "./ask.js";
import { runPath } from "./run.js";

const pathOf = (run: string, session: string): string => runPath(run, `chat/${encodeURIComponent(session)}`);

/** The conversations with a run that are still kept. */
export const chatsQuery = (run: string) =>
  queryOptions({
    queryKey: ["chats", run],
    queryFn: ({ signal }) => ask(ChatList, runPath(run, "chat"), { signal }),
  });

/** What was said in a conversation with a run's model. */
export const chatQuery = (run: string, session: string | undefined) =>
  queryOptions({
    queryKey: ["chat", run, session],
    queryFn: session === undefined ? skipToken : ({ signal }) => ask(ChatHistory, pathOf(run, session), { signal }),
    staleTime: Infinity, // it changes by what is said here
  });

export const forgetChat = (run: string, session: string): Promise<CancelAccepted> =>
  ask(CancelAccepted, pathOf(run, session), { method: "DELETE" });
