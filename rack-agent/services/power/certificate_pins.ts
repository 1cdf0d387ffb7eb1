import type { BmcDescription } from "./driver.ts";

/** A BMC without a pinned certificate showed this one. */
export interface SeenCertificate {
  readonly address: string;
  readonly port: number;
  readonly sha256: string;
}

/** What a BMC without a pinned certificate showed first holds until the region has pinned one. */
export class CertificatePins {
  readonly #seen = new Map<string, string>();
  readonly #tell: (seen: SeenCertificate) => void;

  constructor(tell: (seen: SeenCertificate) => void) {
    this.#tell = tell;
  }

  withPin(bmc: BmcDescription): BmcDescription {
    if (bmc.kind !== "redfish" || bmc.certificateSha256 !== undefined) return bmc;
    return { ...bmc, certificateSha256: this.#seen.get(keyOf(bmc)) };
  }

  note(bmc: BmcDescription, sha256: string): void {
    if (bmc.kind !== "redfish" || bmc.certificateSha256 !== undefined) return;
    this.#seen.set(keyOf(bmc), sha256);
    this.#tell({ address: bmc.address, port: bmc.port ?? 443, sha256 });
  }
}

function keyOf({ address, port }: BmcDescription): string {
  return `${address} ${port ?? ""}`;
}
