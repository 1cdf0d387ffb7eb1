import type { BmcDescription } from "./driver.ts";

/** Which certificate a machine's BMC showed that has none pinned. */
export interface SeenCertificate {
  readonly systemId: string;
  readonly address: string;
  readonly port: number;
  readonly sha256: string;
}

/** What a BMC without a pinned certificate showed first holds until the region has pinned one. */
export class CertificatePins {
  readonly #seen = new Map<string, { systemId: string; sha256?: string }>();
  readonly #tell: (seen: SeenCertificate) => void;

  constructor(tell: (seen: SeenCertificate) => void) {
    this.#tell = tell;
  }

  /** The machine's BMC with the certificate that it showed before, unless the region names one. */
  withPin(systemId: string, bmc: BmcDescription): BmcDescription {
    if (bmc.kind !== "redfish") return bmc;
    if (bmc.certificateSha256 !== undefined) {
      // The region knows one now. If it forgets it again, a person wants the next one to be taken.
      this.#seen.delete(keyOf(bmc));
      return bmc;
    }
    const { sha256 } = this.#seen.get(keyOf(bmc)) ?? {};
    this.#seen.set(keyOf(bmc), { systemId, sha256 });
    return { ...bmc, certificateSha256: sha256 };
  }

  note(bmc: BmcDescription, sha256: string): void {
    if (bmc.kind !== "redfish" || bmc.certificateSha256 !== undefined) return;
    const { systemId = "" } = this.#seen.get(keyOf(bmc)) ?? {};
    this.#seen.set(keyOf(bmc), { systemId, sha256 });
    this.#tell({ systemId, address: bmc.address, port: bmc.port ?? 443, sha256 });
  }
}

function keyOf({ address, port }: BmcDescription): string {
  return `${address} ${port ?? ""}`;
}
