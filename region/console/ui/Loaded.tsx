import type { ComponentChildren } from "preact";
import type { Read } from "../api/queries.ts";
import { Unread, Waiting } from "./ProblemNote.tsx";

/** What was read, or that it is being read, or why it could not be. */
export function Loaded<T>(
  { read, isInCard, children }: {
    read: Read<T>;
    /** In a card without padding of its own. */
    isInCard?: boolean;
    children: (data: T) => ComponentChildren;
  },
) {
  if (read.data !== undefined) return <>{children(read.data)}</>;
  if (!read.error) return <Waiting />;
  const unread = <Unread error={read.error} onRetry={read.refetch} />;
  return isInCard ? <div class="card-body">{unread}</div> : unread;
}
