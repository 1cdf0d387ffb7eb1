import {
  EXCHANGE_LIMITS,
  type ExchangeLimits,
} from "@/rack-agent/services/power/bounded_exchange.ts";
import type { RedfishLogin } from "@/rack-agent/protocol/redfish/login.ts";
import { RedfishDriver } from "@/rack-agent/services/power/redfish_driver.ts";
import { MemoryChassis } from "@/test/fakes/bmc/machine_chassis.ts";
import { RedfishBmc, type RedfishBmcOptions } from "@/test/fakes/bmc/redfish_bmc.ts";
import { serveRedfish } from "@/test/fakes/bmc/redfish_server.ts";
import { type SelfSigned, selfSigned } from "@/test/fakes/bmc/self_signed.ts";

/** A BMC of the simulator on loopback, with a machine in memory behind it. */
export interface SimulatedBmc {
  readonly bmc: RedfishBmc;
  readonly chassis: MemoryChassis;
  readonly login: RedfishLogin;
  readonly certificate: SelfSigned;
  /** A driver that `stop` closes. */
  driver(more?: Partial<RedfishLogin>, limits?: Partial<ExchangeLimits>): RedfishDriver;
  stop(): Promise<void>;
}

export async function startSimulatedBmc(
  options: Partial<RedfishBmcOptions> = {},
): Promise<SimulatedBmc> {
  const whole = {
    username: "admin",
    password: "planted-Secret-7",
    flavour: "generic",
    ...options,
  } as const;
  const chassis = new MemoryChassis();
  const bmc = new RedfishBmc(whole, chassis);
  const certificate = await selfSigned("bmc.invalid");
  const server = serveRedfish(() => bmc, { hostname: "127.0.0.1", port: 0, certificate });
  const { username, password } = whole;
  const login = { address: "127.0.0.1", port: server.port, username, password };
  const drivers: RedfishDriver[] = [];
  return {
    bmc,
    chassis,
    login,
    certificate,
    driver: (more, limits) => {
      const made = new RedfishDriver({ ...login, ...more }, {
        limits: { ...EXCHANGE_LIMITS, ...limits },
      });
      drivers.push(made);
      return made;
    },
    stop: async () => {
      for (const each of drivers) await each.close();
      await server.stop();
    },
  };
}
