import { SendBatch } from "@/rack-agent/runtime/libc_batch.ts";
import type { UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";

/** Blocks of a file to one client: from `firstBlock` to `lastBlock`, counted from 1. */
export interface Blocks {
  readonly address: number;
  readonly port: number;
  readonly filePointer: number;
  readonly fileBytes: number;
  readonly blockBytes: number;
  readonly firstBlock: number;
  readonly lastBlock: number;
}

const DATAGRAMS_MAX = 256;
const PIECES_MAX = 2_048;
const DATA_OPCODE = 3 * 65_536; // RFC 1350 §5, with the block number in the lower half
const BLOCK_NUMBERS = 65_536;
const HEADER_BYTES = 4;
/** What says that the kernel or the card cannot cut datagrams: EIO, EINVAL, EMSGSIZE, ENOPROTOOPT. */
const SEGMENTATION_ERRORS: ReadonlySet<number> = new Set([5, 22, 90, 92]);

/**
 * Sends many packets with few calls, and blocks without ever touching the file's bytes.
 *
 * A packet that cannot be sent is one that got lost.
 */
export class PacketSender {
  readonly #batch = new SendBatch(DATAGRAMS_MAX, PIECES_MAX);
  /** Windows in the batch that the kernel is to cut up, by their place in it. */
  readonly #cutUp = new Map<number, Blocks>();
  #socket: UdpSocket | undefined;
  #canSegment = true;

  /** A window of several blocks in one datagram, which the kernel cuts up, where it can do that. */
  sendBlocks(socket: UdpSocket, blocks: Blocks): void {
    const count = blocks.lastBlock - blocks.firstBlock + 1;
    if (count === 1 || !this.#canSegment) return this.#sendOneByOne(socket, blocks);
    this.#makeRoom(socket, count * 2);
    this.#cutUp.set(this.#batch.size, blocks);
    this.#batch.start(blocks.address, blocks.port);
    for (let block = blocks.firstBlock; block <= blocks.lastBlock; block++) {
      this.#addBlock(blocks, block);
    }
    this.#batch.end(blocks.blockBytes + HEADER_BYTES);
  }

  sendBytes(socket: UdpSocket, client: { address: number; port: number }, bytes: Uint8Array): void {
    this.#makeRoom(socket, 1);
    this.#batch.start(client.address, client.port);
    this.#batch.addBytes(bytes);
    this.#batch.end();
  }

  /** Sends what is still collected. */
  flush(): void {
    const socket = this.#socket;
    if (!socket || this.#batch.size === 0) return;
    const { failed } = this.#batch.flush(socket.fd);
    if (failed.size === 0) return this.#cutUp.clear();
    const again = [...failed].flatMap(([place, errno]) =>
      SEGMENTATION_ERRORS.has(errno) ? this.#cutUp.get(place) ?? [] : []
    );
    this.#cutUp.clear();
    if (again.length === 0) return;
    this.#canSegment = false;
    for (const blocks of again) this.#sendOneByOne(socket, blocks);
    this.flush();
  }

  close(): void {
    this.#batch.close();
  }

  #sendOneByOne(socket: UdpSocket, blocks: Blocks): void {
    for (let block = blocks.firstBlock; block <= blocks.lastBlock; block++) {
      this.#makeRoom(socket, 2);
      this.#batch.start(blocks.address, blocks.port);
      this.#addBlock(blocks, block);
      this.#batch.end();
    }
  }

  #addBlock(blocks: Blocks, block: number): void {
    const offset = (block - 1) * blocks.blockBytes;
    const bytes = Math.min(blocks.blockBytes, blocks.fileBytes - offset);
    this.#batch.addU32(DATA_OPCODE + block % BLOCK_NUMBERS);
    if (bytes > 0) this.#batch.addForeign(blocks.filePointer + offset, bytes);
  }

  /** A batch goes to one socket; another one, or a full batch, sends it first. */
  #makeRoom(socket: UdpSocket, pieces: number): void {
    if (this.#socket !== socket || !this.#batch.hasRoomFor(pieces)) this.flush();
    this.#socket = socket;
  }
}
