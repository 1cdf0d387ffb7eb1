import type { Db } from "../client.ts";
import { auditEntries, type NewAuditEntry } from "../schema/audit.ts";

export type { AuditRow, NewAuditEntry } from "../schema/audit.ts";

export async function insertAuditEntry(db: Db, entry: NewAuditEntry): Promise<void> {
  await db.insert(auditEntries).values(entry);
}
