/** PostgreSQL's protocol, "Message Formats": a type, a length that counts itself, and the rest. */
const HEAD_BYTES = 5;
const LENGTH_BYTES = 4;
const [QUERY, PARSE, EXECUTE] = ["Q", "P", "E"].map((type) => type.charCodeAt(0));

/** Finds the statements in what a client sends, however it is cut. */
export class FrontendMessages {
  #rest = new Uint8Array();
  #hasStarted = false;
  #parsed = "";

  /** The text of each statement that these bytes complete the sending of. */
  statementsIn(bytes: Uint8Array): string[] {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const view = new DataView(all.buffer);
    const statements: string[] = [];
    let at = 0;
    while (true) {
      // The first message, the startup packet, has no type.
      const headBytes = this.#hasStarted ? HEAD_BYTES : LENGTH_BYTES;
      if (all.length - at < headBytes) break;
      const bytesLong = view.getUint32(at + headBytes - LENGTH_BYTES) + headBytes - LENGTH_BYTES;
      if (all.length - at < bytesLong) break;
      if (this.#hasStarted) statements.push(...this.#take(all.subarray(at, at + bytesLong)));
      this.#hasStarted = true;
      at += bytesLong;
    }
    this.#rest = all.slice(at);
    return statements;
  }

  #take(message: Uint8Array): string[] {
    const body = new TextDecoder().decode(message.subarray(HEAD_BYTES));
    switch (message[0]) {
      case QUERY:
        return [body.replace(/\0.*$/s, "")];
      case PARSE:
        this.#parsed = body.split("\0")[1] ?? ""; // behind the statement's name
        return [];
      case EXECUTE:
        return [this.#parsed];
      default:
        return [];
    }
  }
}
