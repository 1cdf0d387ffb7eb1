import { parseLeaseChange } from "@/rack-agent/protocol/dhcp/lease.ts";
import { mergeLeases } from "@/rack-agent/protocol/dhcp/merge_leases.ts";
import { systemClock } from "@/rack-agent/runtime/clock.ts";
import { mergeLeaseFiles } from "@/rack-agent/runtime/lease_files.ts";
import { workerScope } from "@/rack-agent/runtime/worker_scope.ts";

/** Merges closed segments into the base, on a thread of its own: nobody waits for it. */
export interface MergeStart {
  readonly basePath: string;
  readonly upToSegment: number;
}

const scope = workerScope<MergeStart, { readonly records: number }>();

scope.onmessage = ({ data: { basePath, upToSegment } }) => {
  const nowMs = systemClock.nowMs();
  const records = mergeLeaseFiles(basePath, upToSegment, {
    parse: parseLeaseChange,
    merge: (changes) => mergeLeases(changes, nowMs),
  });
  scope.postMessage({ records });
  scope.close();
};
