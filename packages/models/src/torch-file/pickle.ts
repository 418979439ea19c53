import { ModelError } from "../errors.js";

/** A name that a pickle refers to; nothing is ever imported or called. */
export class Global {
  constructor(readonly name: string) {}
}

/** A pickle's reference by id: for torch, a storage. */
export class Persistent {
  constructor(readonly id: Value) {}
}

/** A call in a pickle; recorded, not made. */
export class Call {
  constructor(
    readonly callee: string,
    readonly args: readonly Value[],
  ) {}
}

export type Value =
  null | boolean | number | string | readonly Value[] | Map<Value, Value> | Global | Persistent | Call;

/**
 * Reads a pickle of a state dict without running anything: numbers, strings, tuples, dictionaries, and the names and
 * calls in `allowed`, of which `collections.OrderedDict` is read as a dictionary. Any other operation is refused by name.
 */
export function readPickle(bytes: Buffer, allowed: readonly string[], where: string): Value {
  try {
    return new Machine(bytes, new Set(["collections.OrderedDict", ...allowed])).run();
  } catch (error) {
    const why = error instanceof PickleError ? error.message : "it is cut off";
    throw new ModelError("MODEL_LOAD_FAILED", `${where}: ${why}`, { cause: error });
  }
}

class PickleError extends Error {}
const refuse = (why: string) => new PickleError(`the pickle in it ${why}`);

class Machine {
  #at = 0;
  #stack: Value[] = [];
  readonly #below: Value[][] = [];
  readonly #memo = new Map<number, Value>();

  constructor(
    private readonly bytes: Buffer,
    private readonly allowed: ReadonlySet<string>,
  ) {}

  run(): Value {
    for (;;) {
      const code = this.bytes.readUInt8(this.#at++);
      if (code === STOP) return this.#pop();
      this.#step(code);
    }
  }

  #step(code: number): void {
    const made = this.#literal(code);
    if (made !== undefined) {
      this.#stack.push(made);
      return;
    }
    switch (String.fromCharCode(code)) {
      case "\x80": // PROTO
        this.#at += 1;
        return;
      case "\x95": // FRAME
        this.#at += 8;
        return;
      case "(": // MARK
        this.#below.push(this.#stack);
        this.#stack = [];
        return;
      case "q": // BINPUT
        return this.#remember(this.bytes.readUInt8(this.#skip(1)));
      case "r": // LONG_BINPUT
        return this.#remember(this.bytes.readUInt32LE(this.#skip(4)));
      case "\x94": // MEMOIZE
        return this.#remember(this.#memo.size);
      case "s": // SETITEM
        return this.#setItems(this.#stack.splice(-2));
      case "u": // SETITEMS
        return this.#setItems(this.#toMark());
      case "b": // BUILD: attributes of an object, which a state dict needs none of
        this.#pop();
        return;
    }
    const hex = `0x${code.toString(16).padStart(2, "0")}`;
    throw refuse(`has the operation ${hex} at byte ${this.#at - 1}, which no state dict needs`);
  }

  /** The value that an operation pushes; undefined for other operations. */
  #literal(code: number): Value | undefined {
    switch (String.fromCharCode(code)) {
      case "N":
        return null;
      case "\x88":
        return true;
      case "\x89":
        return false;
      case "J":
        return this.bytes.readInt32LE(this.#skip(4));
      case "K":
        return this.bytes.readUInt8(this.#skip(1));
      case "M":
        return this.bytes.readUInt16LE(this.#skip(2));
      case "\x8a":
        return this.#long(this.bytes.readUInt8(this.#skip(1)));
      case "X":
        return this.#text(this.bytes.readUInt32LE(this.#skip(4)));
      case "\x8c":
        return this.#text(this.bytes.readUInt8(this.#skip(1)));
      case ")":
        return [];
      case "\x85":
        return this.#tuple(1);
      case "\x86":
        return this.#tuple(2);
      case "\x87":
        return this.#tuple(3);
      case "t":
        return this.#toMark();
      case "}":
        return new Map();
      case "h":
        return this.#recall(this.bytes.readUInt8(this.#skip(1)));
      case "j":
        return this.#recall(this.bytes.readUInt32LE(this.#skip(4)));
      case "c":
        return this.#global(this.#line(), this.#line());
      case "Q":
        return new Persistent(this.#pop());
      case "R":
        return this.#call();
    }
    return undefined;
  }

  #skip(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }

  #pop(): Value {
    const value = this.#stack.pop();
    if (value === undefined) throw refuse("takes from an empty stack");
    return value;
  }

  #tuple(size: number): Value[] {
    if (this.#stack.length < size) throw refuse("takes from an empty stack");
    return this.#stack.splice(-size);
  }

  #toMark(): Value[] {
    const below = this.#below.pop();
    if (below === undefined) throw refuse("goes back to a mark that it has not set");
    const above = this.#stack;
    this.#stack = below;
    return above;
  }

  #remember(key: number): void {
    const value = this.#pop();
    this.#stack.push(value);
    this.#memo.set(key, value);
  }

  #recall(key: number): Value {
    const value = this.#memo.get(key);
    if (value === undefined) throw refuse(`recalls number ${key}, which it has not remembered`);
    return value;
  }

  #setItems(items: readonly Value[]): void {
    const target = this.#pop();
    this.#stack.push(target);
    if (!(target instanceof Map)) throw refuse("sets items of something that is no dictionary");
    const values = items.values();
    for (const key of values) target.set(key, values.next().value ?? null);
  }

  #long(size: number): number {
    const at = this.#skip(size);
    return size === 0 ? 0 : this.bytes.readIntLE(at, size); // of more than 6 bytes it is refused as cut off
  }

  #text(size: number): string {
    const at = this.#skip(size);
    if (at + size > this.bytes.length) throw refuse("is cut off");
    return this.bytes.toString("utf8", at, at + size);
  }

  #line(): string {
    const end = this.bytes.indexOf("\n", this.#at);
    if (end < 0) throw refuse("is cut off");
    return this.bytes.toString("utf8", this.#skip(end + 1 - this.#at), end);
  }

  #global(module: string, name: string): Global {
    const full = `${module}.${name}`;
    if (!this.allowed.has(full)) throw refuse(`refers to ${full}, which no state dict needs; it may be harmful`);
    return new Global(full);
  }

  #call(): Value {
    const args = this.#pop();
    const callee = this.#pop();
    if (!(callee instanceof Global) || !Array.isArray(args)) throw refuse("calls what cannot be called");
    return callee.name === "collections.OrderedDict" ? new Map() : new Call(callee.name, args);
  }
}

const STOP = ".".charCodeAt(0);
