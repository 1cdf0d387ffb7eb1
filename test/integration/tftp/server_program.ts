import type { TftpFile } from "@/rack-agent/services/tftp/tftp_messages.ts";
import { TftpService } from "@/rack-agent/services/tftp/tftp_service.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";

/** The TFTP service alone, as a program: `FOLDER ADDRESS…`. Writes one JSON object a line. */
const [folder = "", ...addresses] = Deno.args;
const write = (line: object) => console.log(JSON.stringify(line));

const service = new TftpService({
  routes: [{ name: "folder", match: fileOf }],
  log: (event, fields) => write({ event, ...fields }),
  onServed: (event) => write({ event: "served", ...event }),
});
service.applyAddresses(addresses.map(parseIpv4));
await service.start();
write({ event: "ready" });

async function fileOf(path: string): Promise<TftpFile | undefined> {
  try {
    await Deno.stat(`${folder}/${path}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return { kind: "file", path: `${folder}/${path}` };
}
