import { DomainError } from "@/shared/errors/domain_error.ts";
import type { IpmiCommand } from "../../wire/ipmi/commands/ipmi_command.ts";

/** Whoever runs single commands on a BMC: the driver, or a connection. */
export interface IpmiRunner {
  run<Request, Response>(
    command: IpmiCommand<Request, Response>,
    request: Request,
  ): Promise<Response>;
}

/** True for a DomainError with this code. */
export function isBmcFault(error: unknown, code: string): boolean {
  return error instanceof DomainError && error.code === code;
}
