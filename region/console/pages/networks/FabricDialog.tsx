import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { networksText } from "../../strings/networks.ts";
import { words } from "../../strings/words.ts";
import { TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { refreshNetworks } from "./NetworkDialog.tsx";
import type { Fabric, Space } from "./NetworksPage.tsx";

export function FabricDialog(
  { siteId, fabric, onClose }: { siteId: string; fabric: Fabric | undefined; onClose: () => void },
) {
  return (
    <NamedDialog
      title={fabric ? networksText.change(fabric.name) : networksText.addFabric}
      deed={fabric ? words.save : networksText.addFabric}
      named={fabric}
      run={(json) =>
        fabric
          ? api.patch("/fabrics/:fabricId", {
            param: { fabricId: fabric.id },
            json,
            ifMatch: fabric.version,
          })
          : api.post("/fabrics", { json: { ...json, siteId } })}
      onClose={onClose}
    />
  );
}

export function SpaceDialog({ space, onClose }: { space: Space | undefined; onClose: () => void }) {
  return (
    <NamedDialog
      title={space ? networksText.change(space.name) : networksText.addSpace}
      deed={space ? words.save : networksText.addSpace}
      named={space}
      run={(json) =>
        space
          ? api.patch("/spaces/:spaceId", {
            param: { spaceId: space.id },
            json,
            ifMatch: space.version,
          })
          : api.post("/spaces", { json })}
      onClose={onClose}
    />
  );
}

interface Named {
  readonly name: string;
  readonly description: string;
}

function NamedDialog(
  { title, deed, named, run, onClose }: {
    title: string;
    deed: string;
    named: Named | undefined;
    run: (json: Named) => Promise<unknown>;
    onClose: () => void;
  },
) {
  const [name, setName] = useState(named?.name ?? "");
  const [description, setDescription] = useState(named?.description ?? "");
  return (
    <FormDialog
      title={title}
      deed={deed}
      run={async () => {
        await run({ name: name.trim(), description });
        refreshNetworks();
      }}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <TextField
            label={networksText.name}
            value={name}
            onInput={setName}
            fault={fault("name")}
            isFirst
            hasNoMemory
          />
          <TextField
            label={networksText.description}
            value={description}
            onInput={setDescription}
            fault={fault("description")}
            hasNoMemory
          />
        </>
      )}
    </FormDialog>
  );
}
