import { expect, test } from "vitest";
import { listOf } from "@/infra/lab/api_views.ts";
import { travel } from "@/infra/lab/journey.ts";
import { startRack } from "@/infra/lab/rack.ts";
import { FactView } from "./rack_watch.ts";

test("a UEFI machine without PXE boots by HTTP, and is enlisted", async () => {
  const rack = await startRack({
    name: "e2ehttp",
    machines: 1,
    firmware: "uefi-http",
    log: (line) => console.log(line),
  });
  try {
    const { machine, failure } = await travel(rack, rack.machines[0]!, { until: "enlisted" });
    expect(failure).toBeUndefined();
    expect(machine).toMatchObject({ status: "New" });
    const bodies = async (kind: string) => {
      const facts = await rack.api.get(`/facts?kind=${kind}`, listOf("facts", FactView));
      return facts.map(({ body }) => body);
    };
    // 16 is x64 UEFI by HTTP (IANA, "Processor Architecture Types"): nothing came by TFTP.
    expect(await bodies("boot.offered")).toContainEqual(
      expect.objectContaining({ architecture: 16, program: expect.stringContaining("http://") }),
    );
    const served = await bodies("file.served");
    expect(served).toContainEqual(expect.objectContaining({ path: "/files/snponly.efi" }));
    expect(served).not.toContainEqual(expect.objectContaining({ protocol: "tftp" }));
  } finally {
    await rack.close();
  }
});
