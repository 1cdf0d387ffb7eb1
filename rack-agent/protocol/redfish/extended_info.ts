import { objectIn, objectsIn, parseObject, textIn } from "./json.ts";

/** One of the reasons that an error answer gives, DSP0266 §8.6. */
export interface ExtendedInfo {
  /** Without its registry and version: `PropertyValueNotInList`. */
  readonly id: string;
  /** One line, shortened; empty when the BMC says nothing. */
  readonly message: string;
}

const INFOS_MAX = 8;
const MESSAGE_CHARS_MAX = 200;

/** The reasons in an error's body; none when it has no such body. */
export function readExtendedInfo(text: string): ExtendedInfo[] {
  const body = parseObject(text);
  const error = objectIn(body, "error");
  const infos = objectsIn(error, "@Message.ExtendedInfo");
  // Old firmware puts them at the top, or sends none but the error's own message.
  const listed = infos.length > 0 ? infos : objectsIn(body, "@Message.ExtendedInfo");
  const all = listed.length > 0 ? listed : Object.keys(error).length > 0 ? [error] : [];
  return all.slice(0, INFOS_MAX).map((info) => ({
    id: (textIn(info, "MessageId") ?? textIn(info, "code") ?? "").split(".").at(-1) ?? "",
    message: oneLine(textIn(info, "Message") ?? textIn(info, "message") ?? ""),
  }));
}

function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- what a BMC sends is not to move a terminal's cursor
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim().slice(0, MESSAGE_CHARS_MAX);
}
