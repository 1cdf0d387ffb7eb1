import { link } from "../api/live_events.ts";
import { useStore } from "../api/store.ts";
import { shell } from "../strings/shell.ts";
import { Icon } from "../ui/Icon.tsx";
import { formatAge } from "../ui/format.ts";
import { useEffect, useState } from "preact/hooks";

/** Says so when what is on the screen may be old. */
export function LinkBand() {
  const now = useStore(link);
  const [, setBeat] = useState(0);
  useEffect(() => {
    if (now.kind === "live") return;
    const timer = setInterval(() => setBeat((beat) => beat + 1), 1000);
    return () => clearInterval(timer);
  }, [now]);
  if (now.kind === "live") return null;
  return (
    <div class="band" role="status">
      <Icon name="warning" />
      {shell.linkLost(formatAge(now.sinceMs, Date.now(), true))}
    </div>
  );
}
