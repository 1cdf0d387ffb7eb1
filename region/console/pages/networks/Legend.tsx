import { subnetText } from "../../strings/networks.ts";
import { ADDRESS_USES } from "./address_grid.ts";

/** What the colours of the map mean. */
export function Legend({ isBlocks }: { isBlocks: boolean }) {
  const items: readonly (readonly [look: string, label: string])[] = isBlocks
    ? [
      ["cell share used", subnetText.blockUsed],
      ["cell share dynamic", subnetText.blockDynamic],
      ["cell share reserved", subnetText.blockReserved],
    ]
    : ADDRESS_USES.map((use) => [`cell use-${use}`, subnetText.uses[use]] as const);
  return (
    <ul class="map-legend" aria-label={subnetText.legend}>
      {items.map(([look, label]) => (
        <li key={label}>
          <span class={look} aria-hidden="true" />
          {label}
        </li>
      ))}
    </ul>
  );
}
