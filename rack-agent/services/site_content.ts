import type { ContentFile, SiteState } from "@/shared/contract/site_state.ts";

/** Every file that the state document names, what a running operation needs first. */
export function contentOf(state: SiteState | undefined): ContentFile[] {
  if (!state) return [];
  const urgent = new Set(state.operations.map(({ imageId }) => imageId));
  urgent.add(state.enlistImageId);
  const images = state.images.toSorted((a, b) =>
    Number(urgent.has(b.id)) - Number(urgent.has(a.id))
  );
  return [
    ...state.bootFiles.map(({ file }) => file),
    ...state.operations.flatMap(({ scripts = [] }) => scripts.map(({ file }) => file)),
    ...images.flatMap(({ kernel, initrd, squashfs }) => [kernel, initrd, squashfs]),
  ];
}
