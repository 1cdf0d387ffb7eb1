import type { MacAddress } from "@/shared/net/mac_address.ts";
import type { SiteState } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type BootDecision, decideBoot } from "@/rack-agent/protocol/boot/decide_boot.ts";
import {
  ephemeralScript,
  localDiskScript,
  nothingScript,
} from "@/rack-agent/protocol/boot/ipxe_script.ts";
import {
  kernelCommandLine,
  powerOffCommandLine,
} from "@/rack-agent/protocol/boot/kernel_command_line.ts";
import type { Journal } from "@/rack-agent/runtime/journal.ts";
import type { CredentialBook } from "../metadata/credential_book.ts";
import type { OperationsService } from "../operations_service.ts";
import type { SiteStore } from "../site_store.ts";
import type { Who } from "../who.ts";
import type { MachineRequest } from "./http_boot_service.ts";

/** A boot file that finds and starts the boot loader on a UEFI machine's disk. */
const LOCAL_DISK_PROGRAM = "local_boot.efi";

/** Answers a machine's boot program with the script that its boot plan calls for. */
export class BootScripts {
  constructor(
    private readonly deps: {
      readonly store: SiteStore;
      readonly operations: OperationsService;
      readonly credentials: CredentialBook;
      readonly journal: Journal;
      readonly who: Who;
      readonly filesPort: number;
    },
  ) {}

  /** The iPXE script for `mac`; refused to any address that is not leased to it. */
  async answer({ url, ipv4 }: MachineRequest, mac: MacAddress): Promise<Response> {
    const { who, journal, store } = this.deps;
    if (who.macAt(ipv4) !== mac) throw notItsLease(ipv4, mac);
    if (!store.state) return scriptResponse(nothingScript("this site has no state yet"));
    const decision = this.#decide(store.state, mac);
    const script = await this.#script(store.state, decision, mac, url);
    journal.append({
      kind: "boot.asked",
      answer: decision.kind,
      ipv4,
      ...(decision.purpose ? { purpose: decision.purpose } : {}),
      ...who.subject(mac),
    });
    return scriptResponse(script);
  }

  #decide(state: SiteState, mac: MacAddress): BootDecision {
    const machine = this.deps.who.machine(mac);
    if (!machine) return decideBoot(state, undefined);
    const operation = this.deps.operations.operationOf(machine.systemId);
    return decideBoot(state, { machine, operation });
  }

  async #script(
    state: SiteState,
    decision: BootDecision,
    mac: MacAddress,
    url: URL,
  ): Promise<string> {
    const { why } = decision;
    const serverUrl = url.origin;
    const filesUrl = filesUrlOf(url, this.deps.filesPort);
    if (decision.kind === "local_disk") {
      const hasProgram = state.bootFiles.some(({ name }) => name === LOCAL_DISK_PROGRAM);
      const efiProgramUrl = hasProgram ? `${serverUrl}/files/${LOCAL_DISK_PROGRAM}` : undefined;
      return localDiskScript({ why, efiProgramUrl });
    }
    if (decision.kind === "power_off") {
      const image = state.images[0];
      if (!image) return nothingScript(why);
      return ephemeralScript({ filesUrl, image, commandLine: powerOffCommandLine(mac), why });
    }
    const { image, purpose } = decision;
    if (!image || !purpose) throw new Error("an ephemeral boot has an image and a purpose");
    const machine = this.deps.who.machine(mac);
    const systemId = purpose === "enlist" ? undefined : machine?.systemId;
    // Made anew for each boot, and waiting to be fetched once.
    const { operationId } = decision;
    await this.deps.credentials.offer({ mac, operationId, systemId, purpose });
    const commandLine = kernelCommandLine({
      image,
      filesUrl,
      hostname: machine?.hostname ?? `enlisting-${mac.replaceAll(":", "")}`,
      mac,
      kernelOptions: machine?.kernelOptions,
      preseedUrl: systemId
        ? `${serverUrl}/MAAS/metadata/latest/by-id/${systemId}/?op=get_preseed`
        : `${serverUrl}/MAAS/metadata/latest/enlist-preseed/?op=get_enlist_preseed`,
    });
    return ephemeralScript({ filesUrl, image, commandLine, why });
  }
}

/** The file server has the address that the client has reached this one by. */
export function filesUrlOf(url: URL, filesPort: number): string {
  return `http://${url.hostname}:${filesPort}`;
}

function scriptResponse(script: string): Response {
  return new Response(script, { headers: { "content-type": "text/plain; charset=us-ascii" } });
}

function notItsLease(ipv4: string, mac: MacAddress): DomainError {
  return new DomainError({
    kind: "forbidden",
    code: "boot.not_leased",
    message: `${ipv4} is not leased to ${mac}; only the machine itself gets its boot script`,
  });
}
