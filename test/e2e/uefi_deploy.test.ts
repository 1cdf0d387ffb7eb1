import { expect, test } from "vitest";
import { travel } from "@/infra/lab/journey.ts";
import { startRack } from "@/infra/lab/rack.ts";

/** The other home and the other kind of BMC than the machines of the other tests have. */
test("a UEFI machine goes from power-on to deployed, by Redfish, its region in workerd", async () => {
  const rack = await startRack({
    name: "e2euefi",
    machines: 1,
    firmware: "uefi",
    bmc: "redfish",
    region: "workerd",
    log: (line) => console.log(line),
  });
  try {
    const { machine, failure, stages } = await travel(rack, rack.machines[0]!, {
      until: "deployed",
    }); // one was asked for
    expect(failure).toBeUndefined();
    expect(machine).toMatchObject({ status: "Deployed" });
    console.log(stages.map(({ name, seconds }) => `${name} ${seconds} s`).join(", "));
  } finally {
    await rack.close();
  }
});
