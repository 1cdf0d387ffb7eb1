import { z } from "zod";
import { listOf } from "@/infra/lab/api_views.ts";
import type { RackMachine } from "@/infra/lab/hardware.ts";
import type { Rack } from "@/infra/lab/rack.ts";

const OPTIONS = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=30"];

/**
 * Runs a command on the machine, over SSH as the image's user, with the key that the region was given.
 *
 * `output` is standard output and errors together; `input` is written to the command.
 */
export async function signIn(
  rack: Rack,
  machine: RackMachine,
  command: string,
  input = "",
): Promise<{ success: boolean; output: string }> {
  const leases = await rack.api.get(
    `/leases?siteId=${rack.site.id}`,
    listOf("leases", z.looseObject({ mac: z.string(), ipv4: z.string() })),
  );
  const address = leases.find(({ mac }) => mac === machine.mac)?.ipv4;
  if (!address) throw new Error(`${machine.mac} has no lease`);
  const [program = "", ...args] = rack.insideSite([
    "ssh",
    "-q",
    "-i",
    rack.sshKeyPath,
    ...OPTIONS.flatMap((option) => ["-o", option]),
    `debian@${address}`,
    `{ ${command}; } 2>&1`,
  ]);
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout } = await child.output();
  return { success, output: new TextDecoder().decode(stdout) };
}
