import { useEffect, useRef } from "preact/hooks";
import type { IconName } from "./Icon.tsx";

/** Something that the palette offers on this page. */
export interface Command {
  readonly label: string;
  readonly icon?: IconName;
  readonly run: () => void;
}

const layers: { current: readonly Command[] }[] = [];

/** Commands that can be found while the component is there. */
export function useCommands(commands: readonly Command[]): void {
  const layer = useRef(commands);
  layer.current = commands;
  useEffect(() => {
    layers.push(layer);
    return () => void layers.splice(layers.indexOf(layer), 1);
  }, []);
}

export function commandsNow(): readonly Command[] {
  return layers.toReversed().flatMap(({ current }) => current);
}
