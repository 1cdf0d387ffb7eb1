import { fileURLToPath } from "node:url";

/** The checkout this file is part of, without a slash at the end. */
export const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Where a lab keeps its files. */
export interface LabFolders {
  /** Logs: kept when the lab ends, emptied when the next one starts. */
  readonly logs: string;
  /** Machines and their disks: gone when the lab ends. */
  readonly state: string;
  /**
   * What the programs keep: gone when the lab ends. Outside of the checkout, because the paths of
   * their sockets must stay short (108 bytes, unix(7)), and because the region's Postgres runs under
   * an account that cannot look into a checkout below `/root`.
   */
  readonly programs: string;
}

export function labFolders(name: string): LabFolders {
  const folder = `${CHECKOUT}/.rackwright/lab/${name}`;
  return {
    logs: `${folder}/logs`,
    state: `${folder}/state`,
    programs: `/var/tmp/rackwright-lab-${name}`,
  };
}

/** Built images outlive labs; all labs share them. */
export const IMAGE_CACHE = `${CHECKOUT}/.rackwright/cache/images`;

export function machineFolder(folders: LabFolders, number: number): string {
  return `${folders.state}/machine-${number}`;
}
