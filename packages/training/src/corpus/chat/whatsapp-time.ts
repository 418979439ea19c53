/** Order of the numbers of a date. */
type Order = "dmy" | "mdy" | "ymd";
const PLACES = { dmy: { d: 0, m: 1, y: 2 }, mdy: { m: 0, d: 1, y: 2 }, ymd: { y: 0, m: 1, d: 2 } } as const;

/** A moment as WhatsApp writes it in somebody's country, by the orders that its date may have; Unix time in ms, without a zone. */
export type WhatsAppTime = ReadonlyMap<Order, number>;

/** Numbers of a date and a time as they stand there. */
export interface WrittenTime {
  readonly date: readonly [string, string, string];
  readonly separator: string;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  /** Null of a clock of 24 hours. */
  readonly half: "am" | "pm" | null;
}

/** Null for what is no time in any order. */
export function whatsAppTime(written: WrittenTime): WhatsAppTime | null {
  const { date, hours, minutes, seconds, half } = written;
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const hour = half === null ? hours : (hours % 12) + (half === "pm" ? 12 : 0);
  const time = new Map<Order, number>();
  for (const order of ordersOf(written)) {
    const { y, m, d } = PLACES[order];
    const [year, month, day] = [Number(date[y]), Number(date[m]), Number(date[d])];
    if (month < 1 || month > 12 || day < 1 || day > 31) continue;
    time.set(order, Date.UTC(year < 100 ? 2000 + year : year, month - 1, day, hour, minutes, seconds));
  }
  return time.size === 0 ? null : time;
}

function ordersOf({ date, separator }: WrittenTime): readonly Order[] {
  if (date[0].length > 2) return ["ymd"];
  if (separator === ".") return ["dmy"];
  return date[2].length > 2 ? ["dmy", "mdy"] : ["dmy", "mdy", "ymd"];
}

/**
 * Time between messages of one export. The order of a date's numbers is not written there: the orders that all dates so
 * far allow count, and the least time of those.
 */
export class WhatsAppClock {
  #orders: ReadonlySet<Order> | null = null;
  #last: WhatsAppTime | null = null;

  /** @returns ms since the message before, 0 for the first */
  silence(now: WhatsAppTime): number {
    const before = this.#last;
    this.#last = now;
    const common = [...now.keys()].filter((order) => this.#orders?.has(order) !== false);
    this.#orders = new Set(common.length === 0 ? now.keys() : common);
    const silences = [...this.#orders].flatMap((order) => {
      const [from, to] = [before?.get(order), now.get(order)];
      return from === undefined || to === undefined ? [] : [Math.abs(to - from)];
    });
    return silences.length === 0 ? 0 : Math.min(...silences);
  }
}
