import { getSelEntry } from "../../wire/ipmi/commands/get_sel_entry.ts";
import { getSelInfo, type SelInfo } from "../../wire/ipmi/commands/get_sel_info.ts";
import type { SelRecord } from "../../wire/ipmi/sel_record.ts";
import { type IpmiRunner, isBmcFault } from "./ipmi_runner.ts";

const FIRST_ENTRY = 0x0000;
const LAST_ENTRY = 0xffff;

/** The BMC's event log, oldest first, at most `limit` of its entries. */
export async function readEvents(
  bmc: IpmiRunner,
  limit: number,
): Promise<{ info: SelInfo; records: SelRecord[] }> {
  const info = await bmc.run(getSelInfo, undefined);
  const records: SelRecord[] = [];
  let recordId = info.entries === 0 ? LAST_ENTRY : FIRST_ENTRY;
  do {
    if (info.entries === 0 || records.length === limit) break;
    const entry = await bmc.run(getSelEntry, { recordId }).catch((error) => {
      if (isBmcFault(error, "bmc.command_failed")) return undefined; // erased meanwhile
      throw error;
    });
    if (!entry) break;
    records.push(entry.record);
    recordId = entry.nextRecordId;
  } while (recordId !== LAST_ENTRY);
  return { info, records };
}
