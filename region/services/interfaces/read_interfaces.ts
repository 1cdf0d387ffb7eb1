import type { RegionContext } from "@/region/context.ts";
import { listInterfaces } from "@/region/db/queries/interfaces.ts";
import { compileNetplan, dhcpOnBootInterface } from "@/region/domain/install/netplan.ts";
import { isConfigured, networkConfigOf } from "@/region/domain/interfaces/network_config.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope } from "../machines/machine_scope.ts";
import type { InterfaceAddress } from "./change_interfaces.ts";
import { type InterfaceView, viewInterfaces } from "./interface_view.ts";
import { readNetwork } from "./read_network.ts";

/** All interfaces of a machine, in the order they became known. Throws `not_found`. */
export async function listMachineInterfaces(
  ctx: RegionContext,
  caller: Caller,
  systemId: string,
): Promise<InterfaceView[]> {
  requireRole(caller, "viewer");
  const { id } = await findMachineInScope(ctx.db, caller, systemId);
  return viewInterfaces(await readNetwork(ctx.db, id));
}

/** Throws `not_found`. */
export async function getInterface(
  ctx: RegionContext,
  caller: Caller,
  { systemId, interfaceId }: InterfaceAddress,
): Promise<InterfaceView> {
  const views = await listMachineInterfaces(ctx, caller, systemId);
  return mustFind(views.find(({ id }) => id === interfaceId), "interface", interfaceId);
}

/** What a deploy would write into the installed system, or why it would refuse. */
export interface NetplanPreview {
  /** Netplan's YAML; null: see `refusal`. */
  readonly netplan: string | null;
  readonly refusal: { readonly code: string; readonly detail: string } | null;
}

export async function previewNetplan(
  ctx: RegionContext,
  caller: Caller,
  systemId: string,
): Promise<NetplanPreview> {
  requireRole(caller, "viewer");
  const { id } = await findMachineInScope(ctx.db, caller, systemId);
  const network = await readNetwork(ctx.db, id);
  const [boot] = await listInterfaces(ctx.db, [id]);
  try {
    const netplan = isConfigured(network)
      ? compileNetplan(networkConfigOf(network))
      : boot
      ? dhcpOnBootInterface(boot.mac).join("\n") + "\n"
      : null;
    return { netplan, refusal: null };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { netplan: null, refusal: { code: error.code, detail: error.message } };
  }
}
