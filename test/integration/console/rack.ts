import { type CodedSite, type CodedSiteOptions, startCodedSite } from "@/test/fakes/coded_site.ts";
import { type ImageMirror, serveImageMirror } from "@/test/fakes/image_mirror.ts";
import { type ConsoleRegion, importImages, startConsoleRegion } from "./console_region.ts";

/** A region with a site whose machines are Ready, and images to put on them. */
export interface Rack {
  readonly region: ConsoleRegion;
  readonly site: CodedSite;
  readonly imageId: string;
  /** In the order of their names, node-1 and so on. */
  readonly systemIds: readonly string[];
  stop(): Promise<void>;
}

const HEX = 16;

export async function startRack(
  count: number,
  options: Pick<CodedSiteOptions, "pace"> = {},
): Promise<Rack> {
  const mirror: ImageMirror = serveImageMirror();
  const region = await startConsoleRegion();
  const imageId = await importImages(region, mirror.url);
  const { id: siteId } = await region.call("POST /sites", { name: "Berlin 2", enlist: true });
  const subnet = await region.call("POST /subnets", {
    siteId,
    cidr: "10.20.0.0/16",
    gateway: "10.20.0.1",
  });
  const range = { kind: "dynamic", first: "10.20.100.0", last: "10.20.100.255" };
  await region.call("POST /ip-ranges", { subnetId: subnet.id, ...range });
  for (const name of ["gpu", "nvme"]) await region.call("POST /tags", { name });
  await region.call("POST /scripts", {
    name: "look-at-fans",
    type: "commissioning",
    source: "#!/bin/sh\nipmitool sdr type fan\n",
  });
  const { token } = await region.call(`POST /sites/${siteId}/join-tokens`, {});
  const site = await startCodedSite({ url: region.url, token, ...options });
  const systemIds: string[] = [];
  for (let i = 1; i <= count; i++) {
    const { systemId } = await region.call("POST /machines", {
      siteId,
      hostname: `node-${i}`,
      macs: [`52:54:00:20:00:${i.toString(HEX).padStart(2, "0")}`],
      bmc: { kind: "ipmi", address: `10.21.0.${i}`, username: "admin", password: "calvin" },
      tags: i % 2 === 0 ? ["gpu"] : ["nvme"],
      description: `row-b-rack-${Math.ceil(i / 10)}`,
    });
    systemIds.push(systemId);
  }
  await region.call("POST /machines/actions/commission", { systemIds });
  await untilStatus(region, "Ready", count);
  return {
    region,
    site,
    imageId,
    systemIds,
    async stop() {
      await site.stop();
      await region.stop();
      await mirror.stop();
    },
  };
}

/** Resolves when so many machines are in this status. */
export async function untilStatus(
  region: ConsoleRegion,
  status: string,
  count: number,
): Promise<void> {
  for (;;) {
    const { status: counts } = await region.call("GET /machines/counts");
    const found = counts.find(({ value }: { value: string }) => value === status)?.machines ?? 0;
    if (found >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
