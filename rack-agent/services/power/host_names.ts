import { lookup } from "node:dns/promises";

/** As many threads of the pool that also reads files; the others stay for those. */
const AT_ONCE = 4;
const PATIENCE_MS = 5_000;
/** How long an address is taken without asking again. */
const FRESH_MS = 60_000;

export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** What it asks, and by which clock: ms that never jump. */
export interface HostNamesDeps {
  resolve(name: string): Promise<HostAddress>;
  monoMs(): number;
}

const SYSTEM: HostNamesDeps = {
  async resolve(name) {
    const { address, family } = await lookup(name);
    return { address, family: family === 6 ? 6 : 4 };
  },
  monoMs: () => performance.now(),
};

/**
 * Addresses by name, for hosts that may be asked for while DNS is away.
 *
 * The system's resolver holds a thread for as long as DNS is silent, many seconds a name: so few are
 * asked at once, each name once, and nobody waits longer than five seconds. A name that was resolved
 * before keeps its address while DNS does not answer: a site that is cut off still powers machines.
 */
export class HostNames {
  readonly #deps: HostNamesDeps;
  readonly #known = new Map<string, { at: HostAddress; untilMs: number }>();
  readonly #asked = new Map<string, Promise<HostAddress>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(deps: HostNamesDeps = SYSTEM) {
    this.#deps = deps;
  }

  /** Rejects when DNS says that there is no such name, and when it says nothing of a new one. */
  async find(name: string): Promise<HostAddress> {
    const known = this.#known.get(name);
    if (known && this.#deps.monoMs() < known.untilMs) return known.at;
    try {
      return await withinPatience(this.#ask(name), name);
    } catch (error) {
      if (!known || isUnknownName(error)) throw error;
      known.untilMs = this.#deps.monoMs() + FRESH_MS; // nobody else waits for the same silence
      return known.at;
    }
  }

  #ask(name: string): Promise<HostAddress> {
    const asked = this.#asked.get(name);
    if (asked) return asked;
    const asking = this.#inTurn(name).then((at) => {
      this.#known.set(name, { at, untilMs: this.#deps.monoMs() + FRESH_MS });
      return at;
    }).finally(() => this.#asked.delete(name));
    asking.catch((error) => {
      if (isUnknownName(error)) this.#known.delete(name);
    }); // whoever asked may have gone
    this.#asked.set(name, asking);
    return asking;
  }

  async #inTurn(name: string): Promise<HostAddress> {
    if (this.#running === AT_ONCE) await new Promise<void>((wake) => this.#waiting.push(wake));
    else this.#running += 1;
    try {
      return await this.#deps.resolve(name);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

/** getaddrinfo(3): DNS has answered, and there is none; silence is EAI_AGAIN. */
function isUnknownName(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOTFOUND";
}

async function withinPatience<T>(answer: Promise<T>, name: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    const tooLong = () => reject(new Error(`no answer about "${name}" in ${PATIENCE_MS} ms`));
    timer = setTimeout(tooLong, PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
