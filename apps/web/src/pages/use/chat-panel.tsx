import { ChatOptions } from "@trainer/options";
import { ChatRequest, ChatResponse } from "@trainer/platform/browser";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useId, useState } from "react";
import { ApiError } from "../../api/ask.js";
import { chatQuery, forgetChat } from "../../api/chats.js";
import { runPath } from "../../api/run.js";
import { Button } from "../../parts/button.js";
import { Panel } from "../../parts/panel.js";
import { Failed } from "../../parts/states.js";
import { AskButtons } from "./ask-buttons.js";
import { ChatList } from "./chat-list.js";
import { Conversation, type Pending } from "./conversation.js";
import { SettingsForm } from "./settings-form.js";
import { fieldsOf, refusalsOf, settingsOf, type Values } from "./settings.js";
import { isUnderWay, useAnswer, type Asking } from "./use-answer.js";
import styles from "./use.module.css";
import { Waiting } from "./waiting.js";

const SETTINGS = settingsOf(ChatOptions.shape, ChatRequest.shape);
const FIRST = ["max_new_tokens", "temperature"] as const;

const asking = (run: string): Asking<typeof ChatResponse> => {
  const path = runPath(run, "chat");
  return {
    schema: ChatResponse,
    path,
    answerPath: ({ session_id, request_id }) => `${path}/${encodeURIComponent(session_id)}/${request_id}`,
  };
};

/** Talks with a run's model; the conversation stands in the address. */
export function ChatPanel({ run }: { readonly run: string }) {
  const id = useId();
  const { session, mode } = useSearch({ from: "/use" });
  const navigate = useNavigate({ from: "/use" });
  const queryClient = useQueryClient();
  const [message, setMessage] = useState("");
  const [asked, setAsked] = useState("");
  const [values, setValues] = useState<Values>({});
  const question = asking(run);
  const { answer, start, stop, clear } = useAnswer(question);
  const history = useQuery(chatQuery(run, session));
  const isGone = history.error instanceof ApiError && history.error.status === 404;

  const goTo = (next: string | undefined) => {
    navigate({ search: (before) => ({ ...before, session: next }), replace: true }).catch(reportError);
  };
  const answering = answer.accepted?.session_id;
  const isHere = answer.state !== "idle" && (answer.accepted === null || answering === session);
  const leave = () => {
    if (isHere) clear();
    goTo(undefined);
  };
  const listAnew = () => queryClient.invalidateQueries({ queryKey: ["chats", run] });
  const forget = useMutation({
    mutationFn: (known: string) => forgetChat(run, known),
    onSuccess(_, known) {
      if (known === answering) clear();
      if (known === session) goTo(undefined);
      return listAnew();
    },
  });

  const settings = fieldsOf(SETTINGS, values);
  const refusals = refusalsOf(ChatRequest, { message, ...settings });
  const isRefused = Object.keys(refusals).length > 0 || isUnderWay(answer) || isGone;
  const say = async (text: string) => {
    setAsked(text);
    const body = { message: text, ...settings, ...(session === undefined ? {} : { session_id: session }) };
    const { state } = await start(body, ({ session_id }) => {
      goTo(session_id);
      listAnew().catch(reportError);
    });
    await Promise.all([queryClient.invalidateQueries({ queryKey: ["chat", run] }), listAnew()]);
    if (state === "done") clear(); // it is part of the conversation now
  };
  const send = () => {
    if (isRefused || message.trim() === "") return;
    setMessage("");
    say(message).catch(reportError);
  };

  const pending: Pending | null = isHere
    ? { message: asked, text: answer.result?.response ?? answer.texts[0] ?? "", isUnderWay: isUnderWay(answer) }
    : null;
  return (
    <div className={styles.talk}>
      <Panel
        title="Conversation"
        actions={
          session !== undefined && (
            <div className={styles.actions}>
              <Button onClick={leave}>Begin another</Button>
              <Button kind="danger" disabled={isGone} isBusy={forget.isPending} onClick={() => forget.mutate(session)}>
                Forget
              </Button>
            </div>
          )
        }
      >
        {isGone ? (
          <p>
            This conversation is over: one is kept for an hour after its last turn. <b>Begin another</b> to go on.
          </p>
        ) : (
          history.error !== null &&
          history.data === undefined && (
            <Failed what="The conversation cannot be read." error={history.error} retry={history.refetch} />
          )
        )}
        {forget.error !== null && <Failed what="The conversation was not forgotten." error={forget.error} />}
        <Conversation turns={history.data?.messages ?? []} pending={pending} />
        {isHere && (answer.state === "waiting" || answer.isAway) && (
          <Waiting answer={answer} answerPath={question.answerPath} />
        )}
        {isHere && answer.state === "stopped" && (
          <p role="status">Stopped. The model does not keep in mind what was not finished.</p>
        )}
        {isHere && answer.error !== null && (
          <Failed what="There is no answer." error={answer.error} retry={() => say(asked)} />
        )}
      </Panel>
      <div className={styles.aside}>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <div className={styles.field}>
            <label htmlFor={id}>Your message</label>
            <textarea
              id={id}
              className={styles.text}
              rows={3}
              dir="auto"
              value={message}
              aria-describedby={`${id}-help`}
              onChange={({ target }) => setMessage(target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
                event.preventDefault();
                send();
              }}
            />
            <p id={`${id}-help`} className={styles.quiet}>
              {refusals["message"] ?? "Enter sends it, Shift + Enter begins a new line."}
            </p>
          </div>
          <SettingsForm settings={SETTINGS} first={FIRST} values={values} refusals={refusals} onChange={setValues}>
            <AskButtons title="Send" canAsk={!isRefused && message.trim() !== ""} answer={answer} stop={stop} />
            {isUnderWay(answer) && !isHere && (
              <p role="status" className={styles.quiet}>
                The model still answers in another conversation.
              </p>
            )}
          </SettingsForm>
        </form>
        {mode === "chat" && (
          <ChatList
            run={run}
            answering={isUnderWay(answer) ? answering : undefined}
            forgetting={forget.isPending ? forget.variables : undefined}
            forget={forget.mutate}
          />
        )}
      </div>
    </div>
  );
}
