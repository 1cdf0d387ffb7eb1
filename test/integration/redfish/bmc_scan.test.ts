import { createSocket } from "node:dgram";
import { expect, test } from "vitest";
import { BmcScanService } from "@/rack-agent/services/power/bmc_scan_service.ts";
import { MemoryChassis } from "@/test/fakes/bmc/machine_chassis.ts";
import { RedfishBmc } from "@/test/fakes/bmc/redfish_bmc.ts";
import { serveRedfish } from "@/test/fakes/bmc/redfish_server.ts";
import { selfSigned } from "@/test/fakes/bmc/self_signed.ts";
import { hex } from "@/test/hex.ts";

/** ASF 2.0 §3.2.4.2.2, as ipmi_sim sends it: RMCP, 4542, pong, tag 0, and that it speaks IPMI. */
const PONG = hex(
  "06 00 ff 06  00 00 11 be 40 00 00 10  00 00 11 be 00 00 00 00 81 00 00 00 00 00 00 00",
);

test("a scan tells who speaks Redfish, who IPMI, and nobody else", async () => {
  const certificate = await selfSigned("bmc.invalid");
  const login = { username: "root", password: "planted-Secret-7" };
  const bmc = new RedfishBmc({ ...login, flavour: "dell" }, new MemoryChassis());
  const at = (address: string) => address === "127.77.0.3" ? bmc : undefined;
  const server = serveRedfish(at, { hostname: "0.0.0.0", port: 0, certificate });
  const rmcp = createSocket("udp4");
  await new Promise<void>((wake) => rmcp.bind(0, "127.77.0.2", wake));
  rmcp.on("message", (_, from) => rmcp.send(PONG, from.port, from.address));
  const logged: unknown[] = [];
  const ended = Promise.withResolvers<unknown>();
  const scans = new BmcScanService({
    log: (...line) => logged.push(line),
    report: ended.resolve,
    ports: { https: server.port, rmcp: rmcp.address().port },
    limits: { pongWaitMs: 300 },
  });
  await scans.start();
  scans.applyState({ bmcScans: [{ id: "b-1", cidr: "127.77.0.0/29" }] });
  expect(await ended.promise).toEqual({
    kind: "bmc_scan.ended",
    scanId: "b-1",
    found: [
      { address: "127.77.0.2", kinds: ["ipmi"] },
      {
        address: "127.77.0.3",
        kinds: ["redfish"],
        vendor: "dell",
        product: "Integrated Dell Remote Access Controller",
        uuid: "00000000-0000-4000-8000-000000000000",
        certificateSha256: certificate.sha256,
      },
    ],
  });
  expect(bmc.requests).toEqual(["GET /redfish/v1/"]);
  await scans.stop();
  rmcp.close();
  await server.stop();
});

test("a scan of too much says so, and stopping one leaves nothing behind", async () => {
  const reports: { message?: string }[] = [];
  const scans = new BmcScanService({ log: () => {}, report: (fact) => reports.push(fact) });
  await scans.start();
  scans.applyState({ bmcScans: [{ id: "b-1", cidr: "10.0.0.0/8" }] });
  await expect.poll(() => reports.length).toBe(1);
  expect(reports[0]?.message).toContain("10.0.0.0/8 is too large");
  scans.applyState({ bmcScans: [{ id: "b-2", cidr: "127.78.0.0/24" }] });
  await scans.stop();
  expect(reports).toHaveLength(1);
});
