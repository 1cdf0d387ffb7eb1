/**
 * What the database must have been brought to, for `/readyz`. A Worker has no files to look it up in:
 * its bundle has the names put in here.
 */
export const MIGRATION_NAMES: readonly string[] = [];
