import { api } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { networksText } from "../../strings/networks.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { FabricDialog, SpaceDialog } from "./FabricDialog.tsx";
import type { Fabric, Space, Vlan } from "./NetworksPage.tsx";
import { SubnetDialog } from "./SubnetDialog.tsx";
import { VlanDialog } from "./VlanDialog.tsx";

/** What is being made, changed or removed; without its resource: made. */
export interface Editing {
  readonly kind:
    | "fabric"
    | "vlan"
    | "subnet"
    | "space"
    | "remove-fabric"
    | "remove-vlan"
    | "remove-space";
  readonly siteId: string;
  readonly fabric?: Fabric;
  readonly fabricId?: number;
  readonly vlan?: Vlan;
  readonly vlanId?: number;
  readonly space?: Space;
}

export function refreshNetworks(): void {
  for (const path of ["/fabrics", "/vlans", "/subnets", "/spaces"]) refresh(path);
}

/** The dialog for what a person chose to do with a part of the networks. */
export function NetworkDialog(
  { editing, onClose, onMade }: {
    editing: Editing;
    onClose: () => void;
    onMade: (subnetId: number) => void;
  },
) {
  const { siteId, fabric, vlan, space } = editing;
  switch (editing.kind) {
    case "fabric":
      return <FabricDialog siteId={siteId} fabric={fabric} onClose={onClose} />;
    case "space":
      return <SpaceDialog space={space} onClose={onClose} />;
    case "vlan":
      return (
        <VlanDialog siteId={siteId} fabricId={editing.fabricId} vlan={vlan} onClose={onClose} />
      );
    case "subnet":
      return (
        <SubnetDialog siteId={siteId} vlanId={editing.vlanId} onClose={onClose} onMade={onMade} />
      );
    case "remove-fabric":
      return fabric
        ? (
          <Removal
            what={networksText.fabricOf(fabric.name)}
            text={networksText.removeFabricText}
            run={() =>
              api.delete("/fabrics/:fabricId", {
                param: { fabricId: fabric.id },
                ifMatch: fabric.version,
              })}
            onClose={onClose}
          />
        )
        : null;
    case "remove-vlan":
      return vlan
        ? (
          <Removal
            what={networksText.vid(vlan.vid)}
            text={networksText.removeVlanText}
            run={() =>
              api.delete("/vlans/:vlanId", { param: { vlanId: vlan.id }, ifMatch: vlan.version })}
            onClose={onClose}
          />
        )
        : null;
    case "remove-space":
      return space
        ? (
          <Removal
            what={space.name}
            text={networksText.removeSpaceText}
            run={() =>
              api.delete("/spaces/:spaceId", {
                param: { spaceId: space.id },
                ifMatch: space.version,
              })}
            onClose={onClose}
          />
        )
        : null;
  }
}

function Removal(
  { what, text, run, onClose }: {
    what: string;
    text: string;
    run: () => Promise<unknown>;
    onClose: () => void;
  },
) {
  return (
    <ConfirmDialog
      title={networksText.removeTitle(what)}
      deed={networksText.remove}
      isDangerous
      run={async () => {
        await run();
        refreshNetworks();
      }}
      onClose={onClose}
    >
      <p>{text}</p>
    </ConfirmDialog>
  );
}
