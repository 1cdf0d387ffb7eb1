import type { PowerState } from "../../protocol/power/order.ts";
import { notSupported, type PowerDriver } from "./driver.ts";

/** A machine that somebody switches by hand: nothing is done, and every order says so. */
export class ManualDriver implements PowerDriver {
  query(): Promise<PowerState> {
    return Promise.resolve("unknown");
  }

  on(): Promise<void> {
    return byHand();
  }

  off(): Promise<void> {
    return byHand();
  }

  cycle(): Promise<void> {
    return byHand();
  }

  softOff(): Promise<void> {
    return byHand();
  }

  setNextBoot(): Promise<void> {
    return byHand();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function byHand(): Promise<never> {
  return Promise.reject(notSupported("this machine is switched by hand; press its power button"));
}
