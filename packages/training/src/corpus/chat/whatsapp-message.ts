/** Ends of messages that were changed, as WhatsApp writes them in the languages that are known here. */
const EDITED =
  / ?<(?:This message was edited|Diese Nachricht wurde bearbeitet\.|Se editó este mensaje\.|Mensagem editada|Ce message a été modifié|Questo messaggio è stato modificato)>$/;
/** Texts that it writes in the place of a message that is gone. */
const DELETED =
  /^(?:null|(?:This message was|You) deleted(?: this message)?\.?|Diese Nachricht wurde gelöscht\.|Du hast diese Nachricht gelöscht\.|Se eliminó este mensaje\.|Eliminaste este mensaje\.|Mensagem apagada|Esta mensagem foi apagada|Você apagou esta mensagem|Ce message a été supprimé|Vous avez supprimé ce message|Questo messaggio è stato eliminato|Hai eliminato questo messaggio)$/;
/** `<Media omitted>` in whatever language, and names of attached files. */
const MEDIA =
  /^(?:<\p{L}+(?: \p{L}+){1,5}>|(?:IMG|VID|PTT|AUD|STK|DOC)-\d{8}-WA\d+\.\w+(?: \(.*\))?|.*\.\w{2,5} \((?:file attached|Datei angehängt|archivo adjunto|arquivo anexado|fichier joint|file allegato)\))$/u;

/** The words of a message, by its lines; "" where it is a picture, a notice, or deleted. */
export function whatsAppMessage([first = "", ...others]: readonly string[]): string {
  // What begins with a left-to-right mark is by the program: "‎image omitted", "‎<attached: 1.jpg>" behind a caption.
  const isNotice = first.startsWith("\u200e") || MEDIA.test(first) || (others.length === 0 && DELETED.test(first));
  const lines = isNotice ? others : [first, ...others];
  return lines
    .map((line) => line.replace(/\u200e<[^<>]*>/g, "").replace(/[\u2068\u2069]/g, ""))
    .join("\n")
    .replace(EDITED, "")
    .trim();
}
