import type { Inventory } from "@/shared/contract/inventory.ts";
import { COLLECTIONS, type Fields, MACHINE_FIELDS, type Value } from "./fields.ts";
import type { Comparison, Expression } from "./parse.ts";

/** Whether a machine is what the expression asks for; never throws. */
export function matchesExpression(expression: Expression, inventory: Inventory): boolean {
  return asks(expression, { fields: MACHINE_FIELDS, of: inventory, inventory });
}

interface Scope {
  readonly fields: Fields<never>;
  /** The machine, or one of its parts. */
  readonly of: unknown;
  readonly inventory: Inventory;
}

function asks(expression: Expression, scope: Scope): boolean {
  switch (expression.kind) {
    case "or":
      return expression.parts.some((part) => asks(part, scope));
    case "and":
      return expression.parts.every((part) => asks(part, scope));
    case "not":
      return !asks(expression.part, scope);
    case "compare": {
      // The parser let only names of this scope's own table through.
      const seen = scope.fields[expression.field]?.read(scope.of as never);
      return seen !== undefined && compares(seen, expression.comparison, expression.value);
    }
    case "each":
      return asksEach(expression, scope);
  }
}

function asksEach(expression: Expression & { kind: "each" }, { inventory }: Scope): boolean {
  const collection = COLLECTIONS[expression.collection];
  if (!collection) return false;
  const fits = (of: unknown) => asks(expression.part, { fields: collection.fields, of, inventory });
  const parts = collection.list(inventory);
  switch (expression.quantifier) {
    case "any":
      return parts.some(fits);
    case "all":
      return parts.every(fits);
    case "none":
      return !parts.some(fits);
  }
}

function compares(seen: Value, comparison: Comparison, wanted: Value): boolean {
  switch (comparison) {
    case "=":
      return seen === wanted;
    case "!=":
      return seen !== wanted;
    case "<":
      return seen < wanted;
    case "<=":
      return seen <= wanted;
    case ">":
      return seen > wanted;
    case ">=":
      return seen >= wanted;
    case "~":
      return contains(seen, wanted);
    case "!~":
      return !contains(seen, wanted);
  }
}

function contains(seen: Value, wanted: Value): boolean {
  return String(seen).toLowerCase().includes(String(wanted).toLowerCase());
}
