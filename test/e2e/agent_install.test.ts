import { expect, test } from "vitest";
import { buildAgent, hostArch } from "@/infra/agent_build/build_agent.ts";
import { createApiClient } from "@/infra/lab/api_client.ts";
import { Anything, JoinTokenView, SiteView, SubnetView } from "@/infra/lab/api_views.ts";
import { startRegionProcess } from "@/test/bench/region_process.ts";
import { HOST_FROM_INSIDE, runOnSystemdHost } from "./systemd_host.ts";

/** Seen: four minutes. */
const LIMIT_MS = 10 * 60_000;
/** CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW: bits 10, 12, 13 (capability.h). */
const CAPABILITIES = "0000000000003400";

test("the built agent is installed as a systemd service, serves from its sandbox, and goes", async () => {
  const log = (line: string) => console.log(line);
  const region = await startRegionProcess(HOST_FROM_INSIDE);
  try {
    const agent = await buildAgent({ arch: hostArch(), form: "self-extracting", log });
    const steps = await runOnSystemdHost({
      script: await Deno.readTextFile(new URL("./install_steps.sh", import.meta.url)),
      variables: {
        REGION_URL: region.url.replace("127.0.0.1", HOST_FROM_INSIDE),
        JOIN_TOKEN: await siteToken(region),
      },
      files: { agent },
      limitMs: LIMIT_MS,
      log,
    });
    console.log(steps);
    expectInstalled(sectionsOf(steps));
  } finally {
    await region.stop();
  }
});

function expectInstalled(said: ReadonlyMap<string, string>): void {
  const of = (name: string) => said.get(name) ?? "";
  expect(of("install")).toContain("installed /usr/local/bin/rackwright-agent");
  expect(of("install")).toContain("ended with 0");
  expect(of("join")).toContain('joined site "systemd"');
  expect(of("start")).toMatch(/ended with 0\nactive\nenabled\n\{/);
  expect(rightsIn(of("rights"))).toEqual({
    user: "rackwright-agent",
    CapInh: CAPABILITIES,
    CapPrm: CAPABILITIES,
    CapEff: CAPABILITIES,
    CapBnd: CAPABILITIES,
    CapAmb: CAPABILITIES,
    NoNewPrivs: "1",
    Seccomp: "2", // a filter
    written: ["/var/lib/rackwright/agent"],
  });
  // 0 is no exposure, 10 is none of it turned off; a plain service has 9.6.
  expect(Number(/level for \S+: ([\d.]+)/.exec(of("security"))?.[1])).toBeLessThan(4);
  expect(of("lease")).toMatch(/leased 10\.81\.0\.\d+ by 10\.81\.0\.1/);
  expect(of("lease")).toContain("52:54:00:81:00:01");
  expect(of("tftp")).toContain("#!ipxe");
  expect(of("http")).toContain("#!ipxe");
  expect(of("restart")).toContain("active");
  expect(of("restart")).toContain("52:54:00:81:00:01"); // killed hard, it still knows the lease
  expect(of("uninstall")).toContain("ended with 0");
  expect(of("uninstall")).not.toContain("left");
  expect(of("uninstall")).toContain("systemctl status ended with 4"); // no such unit
}

async function siteToken({ url, apiKey }: { url: string; apiKey: string }): Promise<string> {
  const api = createApiClient(url, apiKey);
  const site = await api.post("/sites", { name: "systemd" }, SiteView);
  const wanted = { siteId: site.id, cidr: "10.81.0.0/24", dhcp: true };
  const { id: subnetId } = await api.post("/subnets", wanted, SubnetView);
  const range = { subnetId, kind: "dynamic", first: "10.81.0.100", last: "10.81.0.199" };
  await api.post("/ip-ranges", range, Anything);
  return (await api.post(`/sites/${site.id}/join-tokens`, {}, JoinTokenView)).token;
}

function sectionsOf(text: string): ReadonlyMap<string, string> {
  const sections = text.split(/^== /m).slice(1).map((section) => {
    const at = section.indexOf("\n");
    return [section.slice(0, at), section.slice(at + 1)] as const;
  });
  return new Map(sections);
}

function rightsIn(text: string) {
  const [user = ""] = text.split("\n");
  const fields = [...text.matchAll(/^(Cap\w+|NoNewPrivs|Seccomp):\s+(\S+)/gm)]
    .map(([, name, value]) => [name, value] as const);
  const written = [...text.matchAll(/^can write (\S+)/gm)].map(([, path]) => path);
  return { user: user.trim(), ...Object.fromEntries(fields), written };
}
