import { z } from "zod";
import { invalidForm, Refusal } from "./refusal.js";

/** Text within Discord's limits: it counts UTF-16 units here, trims, and refuses what is then empty. */
const text = (max: number) =>
  z
    .string()
    .refine((value) => value.trim().length > 0, "This field is required")
    .refine((value) => value.length <= max, `Must be ${max} or fewer in length.`);

const media = z.object({ url: z.string() });

const Embed = z.object({
  title: text(256).optional(),
  description: text(4096).optional(),
  url: z.string().optional(),
  color: z.int().min(0).max(0xff_ff_ff).optional(),
  timestamp: z.iso.datetime({ offset: true }).optional(),
  footer: z.object({ text: text(2048) }).optional(),
  author: z.object({ name: text(256) }).optional(),
  image: media.optional(),
  thumbnail: media.optional(),
  fields: z
    .array(z.object({ name: text(256), value: text(1024), inline: z.boolean().default(false) }))
    .max(25, "Must be 25 or fewer in length.")
    .default([]),
});
export type Embed = z.output<typeof Embed>;

const shown = ({ title = "", description = "", footer, author, fields }: Embed): string =>
  [title, description, footer?.text, author?.name, ...fields.flatMap(({ name, value }) => [name, value])].join("");

const Attachment = z.object({ id: z.union([z.string(), z.int()]).transform(String), filename: z.string().optional() });

export const MessageBody = z.object({
  content: z.string().max(2000, "Must be 2000 or fewer in length.").nullish(),
  embeds: z
    .array(Embed)
    .max(10, "Must be 10 or fewer in length.")
    .refine((embeds) => embeds.map(shown).join("").length <= 6000, "Embed size exceeds maximum size of 6000")
    .nullish(),
  attachments: z.array(Attachment).max(10).optional(),
  flags: z.int().nullish(),
});
export type MessageBody = z.output<typeof MessageBody>;

export function messageBody(body: unknown): MessageBody {
  const result = MessageBody.safeParse(body);
  if (result.success) return result.data;
  throw invalidForm(result.error);
}

export interface UploadedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface StoredAttachment {
  readonly id: string;
  readonly filename: string;
  readonly size: number;
  readonly url: string;
  readonly bytes: Uint8Array;
}

export interface Message {
  readonly id: string;
  readonly channelId: string;
  readonly author: string;
  readonly content: string;
  readonly embeds: readonly Embed[];
  readonly attachments: readonly StoredAttachment[];
  readonly flags: number;
  readonly createdAt: string;
  readonly edits: number;
}

/** Applies an edit: omitted fields are kept, attachments that are not named go. */
export function withBody(
  before: Message,
  body: MessageBody,
  files: ReadonlyMap<string, UploadedFile>,
  newId: () => string,
): Message {
  const named = body.attachments ?? before.attachments.map(({ id }) => ({ id, filename: undefined }));
  const kept = before.attachments.filter(({ id }) => named.some((each) => each.id === id));
  const added = Array.from(files, ([id, { name, bytes }]): StoredAttachment => {
    const filename = named.find((each) => each.id === id)?.filename ?? name;
    const own = newId();
    return { id: own, filename, size: bytes.length, url: `https://cdn.invalid/${own}/${filename}`, bytes };
  });
  const attachments = [...kept, ...added];
  const content = body.content === undefined ? before.content : (body.content ?? "");
  const embeds = body.embeds === undefined ? before.embeds : (body.embeds ?? []);
  if (content.trim() === "" && embeds.length + attachments.length === 0) {
    throw new Refusal(400, 50006, "Cannot send an empty message");
  }
  return { ...before, content, embeds: embeds.map((embed) => resolved(embed, attachments)), attachments };
}

/** Resolves an attached image to its attachment's address; a missing one is refused. */
function resolved(embed: Embed, attachments: readonly StoredAttachment[]): Embed {
  const name = embed.image?.url.match(/^attachment:\/\/(.+)$/)?.[1];
  if (name === undefined) return embed;
  const file = attachments.find(({ filename }) => filename === name);
  if (file === undefined) throw new Refusal(400, 50035, "Invalid Form Body", { errors: { embeds: { _errors: [] } } });
  return { ...embed, image: { url: file.url } };
}

/** A message as it goes over the wire. */
export const wire = (message: Message, author: object): object => ({
  id: message.id,
  channel_id: message.channelId,
  type: 0,
  content: message.content,
  author,
  embeds: message.embeds.map((embed) => ({ type: "rich", ...embed })),
  attachments: message.attachments.map(({ id, filename, size, url }) => ({ id, filename, size, url, proxy_url: url })),
  mentions: [],
  mention_roles: [],
  mention_everyone: false,
  pinned: false,
  tts: false,
  flags: message.flags,
  components: [],
  timestamp: message.createdAt,
  edited_timestamp: message.edits === 0 ? null : message.createdAt,
});
