import type { NextBoot, PowerState } from "../../protocol/power/order.ts";
import type { IpmiLogin } from "../../protocol/ipmi/login.ts";
import {
  ACKNOWLEDGE_FOR_BIOS,
  BOOT_PARAMETER,
  encodeBootFlags,
  SET_COMPLETE,
  SET_IN_PROGRESS,
} from "../../wire/ipmi/commands/boot_options.ts";
import { type ChassisControl, chassisControl } from "../../wire/ipmi/commands/chassis_control.ts";
import { chassisIdentify } from "../../wire/ipmi/commands/chassis_identify.ts";
import { getChassisStatus } from "../../wire/ipmi/commands/get_chassis_status.ts";
import type { IpmiCommand } from "../../wire/ipmi/commands/ipmi_command.ts";
import { setSystemBootOptions } from "../../wire/ipmi/commands/set_system_boot_options.ts";
import type { PowerClock, PowerDriver } from "./driver.ts";
import { HostNames } from "./host_names.ts";
import { IpmiConnection, type IpmiConnectionDeps } from "./ipmi_connection.ts";
import { type IpmiRunner, isBmcFault } from "./ipmi_runner.ts";
import { IpmiSockets } from "./ipmi_sockets.ts";

/**
 * A driver for one BMC, on the system's random generator. Nothing is sent before the first call.
 *
 * `sockets` and `names` let many drivers share; absent: it has its own.
 */
export function openIpmiDriver(
  login: IpmiLogin,
  deps: { clock: Pick<PowerClock, "nowMs">; sockets?: IpmiSockets; names?: HostNames },
): IpmiDriver {
  return new IpmiDriver(login, {
    sockets: deps.sockets ?? new IpmiSockets(),
    names: deps.names ?? new HostNames(),
    nowMs: () => deps.clock.nowMs(),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
}

/** Switches one machine by IPMI over LAN. Logs in at the first call and keeps the session. */
export class IpmiDriver implements PowerDriver, IpmiRunner {
  readonly #login: IpmiLogin;
  readonly #deps: IpmiConnectionDeps;
  #connection: IpmiConnection | undefined;
  #isClosed = false;

  constructor(login: IpmiLogin, deps: IpmiConnectionDeps) {
    this.#login = login;
    this.#deps = deps;
  }

  /** Datagrams not believed on the current session, by reason. */
  get dropped(): IpmiConnection["dropped"] {
    return this.#connection?.dropped ?? {};
  }

  async query(): Promise<PowerState> {
    const status = await this.run(getChassisStatus, undefined);
    return status.isOn ? "on" : "off";
  }

  on(): Promise<void> {
    return this.#control("on");
  }

  off(): Promise<void> {
    return this.#control("off");
  }

  cycle(): Promise<void> {
    return this.#control("cycle");
  }

  softOff(): Promise<void> {
    return this.#control("soft");
  }

  async setNextBoot(device: NextBoot, options: { uefi: boolean }): Promise<void> {
    const data = encodeBootFlags({ device, isUefi: options.uefi, isPersistent: false });
    const { setInProgress, bootInfoAcknowledge, bootFlags } = BOOT_PARAMETER;
    await this.#trySetBootOption(setInProgress, SET_IN_PROGRESS);
    await this.#trySetBootOption(bootInfoAcknowledge, ACKNOWLEDGE_FOR_BIOS);
    await this.run(setSystemBootOptions, { parameter: bootFlags, data });
    await this.#trySetBootOption(setInProgress, SET_COMPLETE);
  }

  /** Lights the lamp by which a person finds the machine; 0 puts it out. */
  async identify(seconds: number | "forever"): Promise<void> {
    await this.run(chassisIdentify, { seconds });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connection?.close();
    this.#connection = undefined;
  }

  #control(control: ChassisControl): Promise<void> {
    return this.run(chassisControl, { control });
  }

  /** Parameters 0 and 4 are courtesies that many BMCs refuse; only parameter 5 counts. */
  async #trySetBootOption(parameter: number, data: Uint8Array): Promise<void> {
    await this.run(setSystemBootOptions, { parameter, data }).catch((error) => {
      if (!isBmcFault(error, "bmc.command_failed")) throw error;
    });
  }

  /**
   * Runs any command; logs in first where that is due. BMCs drop sessions on their own: one that
   * fell silent is opened anew, once.
   */
  async run<Request, Response>(
    command: IpmiCommand<Request, Response>,
    request: Request,
  ): Promise<Response> {
    const kept = this.#connection;
    if (kept?.isOpen) {
      try {
        return await kept.run(command, request);
      } catch (error) {
        if (!isBmcFault(error, "bmc.no_answer") || this.#isClosed) throw error;
      }
    }
    await kept?.close();
    const fresh = new IpmiConnection(this.#login, this.#deps);
    this.#connection = fresh;
    await fresh.open();
    return await fresh.run(command, request);
  }
}
