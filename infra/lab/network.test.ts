import { expect, test } from "vitest";
import { planNetwork, siteCommands } from "./network.ts";

test("the usual lab has addresses one can remember", () => {
  expect(planNetwork("lab")).toEqual({
    namespace: "rw-lab-site",
    wan: {
      hostLink: "rw-lab-wan",
      siteLink: "wan0",
      hostAddress: "198.18.77.1",
      siteAddress: "198.18.77.2",
    },
  });
});

test("two labs share neither namespace, link nor address, and keep them from run to run", () => {
  const plans = ["lab", "e2e", "bench", "cut"].map(planNetwork);
  expect(new Set(plans.map((plan) => plan.namespace)).size).toBe(4);
  expect(new Set(plans.map((plan) => plan.wan.hostAddress)).size).toBe(4);
  expect(planNetwork("e2e")).toEqual(planNetwork("e2e"));
});

test("every name of a lab gives an interface name that the kernel takes, 15 characters at most", () => {
  expect(planNetwork("12345678").wan.hostLink.length).toBeLessThanOrEqual(15);
});

test("each machine has a port on the boot network and a BMC address", () => {
  const commands = siteCommands(planNetwork("lab"), 2);
  expect(commands.match(/tuntap add tap\d mode tap/g)).toHaveLength(2);
  expect(commands).toContain("addr add 10.78.0.11/24 dev bmc0");
  expect(commands).toContain("addr add 10.78.0.12/24 dev bmc0");
  expect(commands).toContain("link set tap2 master boot0 up");
});
