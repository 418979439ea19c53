import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import type { ChatSummary } from "@trainer/platform/browser";
import { chatQuery, chatsQuery } from "../../api/chats.js";
import { Button } from "../../parts/button.js";
import { ago, count, moment, timeOf } from "../../parts/figures.js";
import { Panel } from "../../parts/panel.js";
import { Unread } from "../../parts/states.js";
import { useNow } from "../../parts/use-now.js";
import styles from "./chat.module.css";

/** In which those that have expired go from the list. */
const EVERY_MS = 15_000;

/** The conversations with a run, of any browser, to go back to. */
export function ChatList({
  run,
  answering,
  forgetting,
  forget,
}: {
  readonly run: string;
  /** The conversation that is being answered. */
  readonly answering: string | undefined;
  /** The conversation that is being removed. */
  readonly forgetting: string | undefined;
  readonly forget: (session: string) => void;
}) {
  const chats = useQuery({ ...chatsQuery(run), refetchInterval: EVERY_MS });
  const kept = chats.data?.chats ?? [];
  return (
    <Panel title="Conversations">
      <Unread what="the conversations" query={chats} />
      {kept.length > 0 && (
        <ol className={styles.chats} aria-label="Conversations">
          {kept.map((chat) => (
            <Chat
              key={chat.session_id}
              run={run}
              chat={chat}
              isAnswering={chat.session_id === answering}
              isForgetting={chat.session_id === forgetting}
              forget={forget}
            />
          ))}
        </ol>
      )}
      <p className={styles.quiet}>One is kept for an hour after its last turn.</p>
    </Panel>
  );
}

function Chat({
  run,
  chat: { session_id: id, title, message_count: messages, last_turn_at: at },
  isAnswering,
  isForgetting,
  forget,
}: {
  readonly run: string;
  readonly chat: ChatSummary;
  readonly isAnswering: boolean;
  readonly isForgetting: boolean;
  readonly forget: (session: string) => void;
}) {
  const search = useSearch({ from: "/use" });
  const queryClient = useQueryClient();
  const now = useNow(EVERY_MS);
  const words = title === "" ? "(no words)" : title;
  return (
    <li className={styles.chat}>
      <Link
        className={styles.chatLink}
        to="/use"
        search={{ ...search, session: id }}
        aria-current={id === search.session ? "page" : undefined}
        onClick={() => {
          // It may have gone on in another browser.
          queryClient.invalidateQueries(chatQuery(run, id)).catch(reportError);
        }}
      >
        <span className={styles.chatTitle} dir="auto" title={words}>
          {words}
        </span>
        <span className={styles.chatFacts}>
          {isAnswering ? "being answered" : messages === 0 ? "not answered" : `${count(messages)} messages`} ·{" "}
          <time dateTime={at} title={moment(at)}>
            {ago(timeOf(at), now)}
          </time>
        </span>
      </Link>
      <Button isBusy={isForgetting} aria-label={`Forget ${words}`} onClick={() => forget(id)}>
        Forget
      </Button>
    </li>
  );
}
