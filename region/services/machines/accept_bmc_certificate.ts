import type { RegionContext } from "@/region/context.ts";
import { moveMachine } from "@/region/db/queries/machines.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope } from "./machine_scope.ts";
import { type MachineView, viewMachines } from "./machine_view.ts";
import { auditView } from "./place_machine.ts";

/**
 * Pins the certificate that a machine's BMC has to show, in place of the one before.
 *
 * `sha256`: null takes whatever is shown next. Throws `conflict` (`machine.no_certificate`) when the
 * machine is switched by something that shows none.
 */
export async function acceptBmcCertificate(
  ctx: RegionContext,
  caller: Caller,
  input: { systemId: string; sha256: string | null; ifVersion?: number },
): Promise<MachineView> {
  requireRole(caller, "admin");
  const { systemId, sha256 } = input;
  const machine = await retryOnChange(
    `machine ${systemId}`,
    () =>
      ctx.db.transaction(async (tx) => {
        const read = await findMachineInScope(tx, caller, systemId);
        expectVersion(read, input.ifVersion);
        const { bmc } = read;
        if (bmc?.kind !== "redfish" && bmc?.kind !== "webhook") throw noCertificate(systemId);
        const { certificateSha256: _before, ...rest } = bmc;
        const pinned = sha256 === null
          ? rest
          : { ...rest, certificateSha256: sha256.toLowerCase() };
        const moved = await moveMachine(tx, read, { bmc: pinned });
        if (!moved) throw new ChangedMeanwhile();
        await recordChange(ctx, tx, caller, {
          action: "machine.accept_bmc_certificate",
          id: systemId,
          name: read.hostname,
          before: await auditView(tx, read),
          after: await auditView(tx, moved),
        });
        await bumpGeneration(tx, read.siteId);
        return moved;
      }),
  );
  await publishSoon(ctx, machine.siteId);
  const [view] = await viewMachines(ctx, caller, [machine]);
  return mustFind(view, "machine", systemId);
}

function noCertificate(systemId: string): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "machine.no_certificate",
    message:
      `machine ${systemId} is switched by nothing that shows a certificate; only BMCs of the ` +
      "kinds redfish and webhook do",
  });
}
