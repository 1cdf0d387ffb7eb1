/** What an installation consists of; each below `root`, which is empty for this host itself. */
export interface Places {
  readonly program: string;
  /** The program, unpacked: a folder for each version, named after its content. */
  readonly unpacked: string;
  readonly unit: string;
  readonly data: string;
}

/** The account that the service runs under. */
export const ACCOUNT = "rackwright-agent";
export const UNIT_NAME = "rackwright-agent.service";

export function placesBelow(root: string): Places {
  return {
    program: `${root}/usr/local/bin/rackwright-agent`,
    unpacked: `${root}/usr/lib/rackwright-agent`,
    unit: `${root}/etc/systemd/system/${UNIT_NAME}`,
    data: `${root}/var/lib/rackwright/agent`,
  };
}
