/** The machine behind a simulated BMC. */
export interface MachineChassis {
  power(): Promise<"on" | "off">;
  setPower(state: "on" | "off"): Promise<void>;
  /** Asks the operating system to shut down. */
  shutDown(): Promise<void>;
  /** Off and on again; nothing when it is off. */
  restart(): Promise<void>;
  /** What firmware tries first from the next power-on. */
  setBoot(device: "network" | "disk" | "none"): Promise<void>;
}

/** A machine in memory, with what happened to it. */
export class MemoryChassis implements MachineChassis {
  state: "on" | "off" = "off";
  boot: "network" | "disk" | "none" = "none";
  /** `on network`, `off`, `boot disk`…, the oldest first; bounded. */
  readonly history: string[] = [];

  power(): Promise<"on" | "off"> {
    return Promise.resolve(this.state);
  }

  setPower(state: "on" | "off"): Promise<void> {
    if (state === this.state) return Promise.resolve();
    this.state = state;
    this.#note(state === "on" ? `on ${this.boot}` : "off");
    return Promise.resolve();
  }

  shutDown(): Promise<void> {
    return this.setPower("off");
  }

  async restart(): Promise<void> {
    if (this.state === "off") return;
    await this.setPower("off");
    await this.setPower("on");
  }

  setBoot(device: "network" | "disk" | "none"): Promise<void> {
    this.boot = device;
    this.#note(`boot ${device}`);
    return Promise.resolve();
  }

  #note(what: string): void {
    if (this.history.length < 1000) this.history.push(what);
  }
}

/** IPMI's names, as OpenIPMI's `ipmi_sim` gives them to such a program. */
const DEVICES = { network: "pxe", disk: "disk", none: "none" } as const;

/** A machine that a program switches: `PROGRAM get power`, `PROGRAM set power 1`, `set boot pxe`… */
export function commandChassis(program: string, cwd: string): MachineChassis {
  const run = async (...args: string[]) => {
    const command = new Deno.Command(program, { args, cwd, stdin: "null", stderr: "null" });
    const { success, stdout } = await command.output();
    if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
    return new TextDecoder().decode(stdout);
  };
  const set = async (...args: string[]) => void await run("set", ...args);
  return {
    power: async () => (await run("get", "power")).includes("power:1") ? "on" : "off",
    setPower: (state) => set("power", state === "on" ? "1" : "0"),
    shutDown: () => set("shutdown", "1"),
    restart: () => set("reset", "1"),
    setBoot: (device) => set("boot", DEVICES[device]),
  };
}
