import { afterEach, beforeEach, expect, test } from "vitest";
import type { RedfishFault } from "@/test/fakes/bmc/redfish_faults.ts";
import { type SimulatedBmc, startSimulatedBmc } from "./simulated_bmc.ts";

let simulated: SimulatedBmc;
beforeEach(async () => {
  simulated = await startSimulatedBmc();
});
afterEach(() => simulated.stop());

const MB = 1_000_000;
/** Fast for a test, long enough for a busy host. */
const LIMITS = { totalMs: 1_500, connectMs: 5_000 };

const FAULTS: readonly [name: string, fault: RedfishFault, code: string][] = [
  [
    "a body of 100 MB",
    { kind: "huge", bytes: 100 * MB, isAnnounced: true },
    "bmc.answer_too_large",
  ],
  [
    "one that does not say so",
    { kind: "huge", bytes: 100 * MB, isAnnounced: false },
    "bmc.answer_too_large",
  ],
  [
    "a redirection to another host",
    { kind: "redirect", to: "https://198.51.100.7/redfish/v1/" },
    "bmc.redirected",
  ],
  [
    "one to another scheme",
    { kind: "redirect", to: "http://127.0.0.1/redfish/v1/" },
    "bmc.redirected",
  ],
  ["one in circles", { kind: "redirect", to: "/redfish/v1/" }, "bmc.redirected"],
  [
    "one to a user and password",
    { kind: "redirect", to: "https://a:b@198.51.100.7/" },
    "bmc.redirected",
  ],
  ["pages without an end", { kind: "pages" }, "bmc.too_many_pages"],
  ["a byte now and then", { kind: "drip" }, "bmc.answer_too_slow"],
  ["silence", { kind: "silent" }, "bmc.answer_too_slow"],
  ["noise instead of JSON", { kind: "garbage" }, "bmc.not_redfish"],
  ["a million brackets", { kind: "nested" }, "bmc.not_redfish"],
  ["a busy service", { kind: "status", status: 503 }, "bmc.busy"],
  ["a broken service", { kind: "status", status: 500 }, "bmc.command_failed"],
  ["something that is no BMC", { kind: "status", status: 404 }, "bmc.not_redfish"],
];

test.each(FAULTS)("%s is bounded and named", async (_, fault, code) => {
  simulated.bmc.fault = fault;
  const error = await simulated.driver({}, LIMITS).query().catch((error) => error);
  expect(error).toMatchObject({ code, message: expect.stringContaining("127.0.0.1") });
  expect(Deno.inspect(error, { depth: 9 })).not.toContain(simulated.login.password);
});

test.each(FAULTS)("%s in the middle of a session is bounded and named too", async (_, fault) => {
  const power = simulated.driver({}, LIMITS);
  await power.query();
  simulated.bmc.fault = fault;
  const error = await power.query().catch((error) => error);
  if (fault.kind === "pages") return expect(error).toBe("off"); // it knows its system already
  expect(error).toMatchObject({ code: expect.stringMatching(/^bmc\./) });
  simulated.bmc.fault = undefined;
  expect(await power.query()).toBe("off"); // and the driver is none the worse for it
});

test("a slow BMC is waited for", async () => {
  simulated.bmc.fault = { kind: "slow", ms: 100 };
  expect(await simulated.driver().query()).toBe("off");
});

test("nobody at the address, and a port without TLS, are told apart", async () => {
  await expect(simulated.driver({ port: 1 }).query()).rejects.toMatchObject({
    code: "bmc.no_answer",
    message: expect.stringContaining("refuses the connection"),
  });
  const plain = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response());
  await expect(simulated.driver({ port: plain.addr.port }).query()).rejects.toMatchObject({
    code: "bmc.tls_refused",
  });
  await plain.shutdown();
});

test("closing a driver ends the call in hand", async () => {
  simulated.bmc.fault = { kind: "silent" };
  const power = simulated.driver();
  const query = power.query().catch((error) => error);
  await expect.poll(() => simulated.bmc.requests.length).toBeGreaterThan(0);
  await power.close();
  expect(await query).toMatchObject({ code: "bmc.no_answer" });
});
