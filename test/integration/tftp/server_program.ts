import { systemClock } from "@/rack-agent/runtime/clock.ts";
import { TftpService } from "@/rack-agent/services/tftp_service.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";

/** The TFTP service alone, as a program: `FOLDER ADDRESS…`. Writes one JSON object a line. */
const [folder = "", ...addresses] = Deno.args;
const write = (line: object) => console.log(JSON.stringify(line));

const service = new TftpService({
  routes: [{ name: "folder", match: fileOf }],
  clock: systemClock,
  log: (event, fields) => write({ event, ...fields }),
  onServed: (event) => write({ event: "served", ...event }),
});
service.applyAddresses(addresses.map(parseIpv4));
await service.start();
write({ event: "ready" });

async function fileOf(path: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(`${folder}/${path}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
